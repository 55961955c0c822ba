import Foundation
import IngressDialect
import Kubernetes
import Model
import Testing
import Translation

/// One pair of files: manifests, and the model and diagnostics that they must give.
///
/// Comments at the top of the manifests set the scene:
/// - `# service shop/web:80 at 10.0.0.1:8080` adds a Service with one endpoint,
/// - `# name db.example.com is 192.0.2.1` resolves a name,
/// - `# option demo 127.0.0.1:9000`, `own-port 8080`, `backend shop/web=127.0.0.1:3000`,
///   `default-backend shop/sorry`, `local-names off`, `classless on`, `prefix example.com`,
///   `default-certificate shop/fallback`, `passthrough on` and `https-port 8443` set options.
/// Certificates are made of words; see `PaperCertificates`.
struct Fixture: CustomTestStringConvertible {
    let name: String

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let rewrites = ProcessInfo.processInfo.environment["GATEHOUSE_REWRITE_FIXTURES"] == "1"

    static let all: [Fixture] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? [])
        .filter { $0.hasSuffix(".in.yaml") }.map { Fixture(name: String($0.dropLast(8))) }
        .sorted { $0.name < $1.name }

    private var input: URL { Self.folder.appending(path: "\(name).in.yaml") }
    private var output: URL { Self.folder.appending(path: "\(name).out.txt") }

    func expected() throws -> String { try String(contentsOf: output, encoding: .utf8) }
    func rewrite(_ text: String) throws { try text.write(to: output, atomically: true, encoding: .utf8) }

    /// What the manifests give.
    func result() throws -> String {
        let text = try String(contentsOf: input, encoding: .utf8)
        var scene = Scene()
        for line in text.split(separator: "\n").prefix(while: { $0.hasPrefix("#") }) {
            try scene.read(line.dropFirst(2).split(separator: " ").map(String.init))
        }
        let file = ManifestDecoder().decode(Array(text.utf8), path: "in.yaml")
        try #require(file.isUsable, "\(file.diagnostics)")
        var translator = IngressTranslator(options: scene.options)
        let translation = translator.translate(
            ObjectStore(Array(file.objects) + scene.objects), names: scene.names)
        #expect(translation.model.faults() == [])
        let found = file.diagnostics.map { "\($0.severity): \($0)\n" }.joined()
        return found + translation.text
    }
}

extension Translation {
    /// Model, diagnostics and rejected objects as fixtures expect them.
    var text: String {
        var text = ModelPrinter(showsOrigins: false).text(of: model)
        if !diagnostics.isEmpty { text += "\n" }
        for diagnostic in diagnostics { text += "\(diagnostic.severity.rawValue): \(diagnostic)\n" }
        for reference in rejected.sorted() { text += "rejected \(reference)\n" }
        return text
    }
}

/// What the comments of a fixture set.
private struct Scene {
    var options = TranslationOptions.withPaperCertificates
    var names: ResolvedNames = [:]
    var objects: [KubernetesObject] = []

    struct Unreadable: Error {
        let words: [String]
    }

    mutating func read(_ words: [String]) throws {
        switch words.first {
        case "service":
            let parts = words[1].split(whereSeparator: { $0 == "/" || $0 == ":" }).map(String.init)
            let address = words[3].split(separator: ":").map(String.init)
            add(service: parts[1], of: parts[0], port: parts[2], at: address[0], Int(address[1]) ?? 0)
        case "name": names[words[1], default: []].append(words[3])
        case "option": try set(words[1], to: words[2])
        default: break
        }
    }

    private mutating func set(_ option: String, to value: String) throws {
        let parts = value.split(whereSeparator: { $0 == "/" || $0 == ":" }).map(String.init)
        switch option {
        case "demo": options.demonstrationEndpoint = Endpoint(address: parts[0], port: UInt16(parts[1]) ?? 0)
        case "own-port": options.ownListeners.ports.insert(UInt16(value) ?? 0)
        case "backend": options.overrides.append(try #require(BackendOverride(value)))
        case "default-backend": options.defaultBackend = NamespacedName(namespace: parts[0], name: parts[1])
        case "local-names": options.allowsLocalExternalNames = value == "on"
        case "classless": options.servesIngressesWithoutClass = value == "on"
        case "default-certificate": options.defaultCertificate = NamespacedName(namespace: parts[0], name: parts[1])
        case "passthrough": options.allowsPassthrough = value == "on"
        case "https-port": options.securePort = UInt16(value) ?? 0
        case "prefix": options.annotationPrefix = value
        default: throw Unreadable(words: [option, value])
        }
    }

    private mutating func add(service: String, of namespace: String, port: String, at address: String, _ number: Int) {
        let metadata = Metadata(name: service, namespace: namespace)
        let name = Int(port) == nil ? port : nil
        objects.append(
            .service(
                Service(
                    metadata: metadata, clusterIP: "10.96.0.1",
                    ports: [Service.Port(name: name, port: Int(port) ?? 80)])))
        objects.append(
            .endpointSlice(
                EndpointSlice(
                    metadata: Metadata(
                        name: "\(service)-1", namespace: namespace,
                        labels: [EndpointSlice.serviceNameLabel: service]),
                    ports: [EndpointSlice.Port(name: name ?? "", port: number)],
                    endpoints: [EndpointSlice.Endpoint(addresses: [address])])))
    }
}
