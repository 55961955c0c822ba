import ControlPlane
import Foundation
import IngressDialect
import Kubernetes
import Linux
import Model
import Proxy
import Telemetry
import TestSupport
import Testing
import Translation

/// Manifests being served: decoded, translated and run by a data plane in this process, as the executable would.
///
/// What annotations mean is tested here, from the manifest to the bytes on the wire. A test gives the annotations of one
/// Ingress, `shop/web`, which sends `shop.example` to the Service `web`, or whole manifests of its own; origins stand
/// behind Services by name. Ends with its last reference: connections that are open then are cut.
final class Gate {
    let plane: DataPlane
    let metrics: Metrics
    /// What the translation had to say.
    private(set) var diagnostics: [Diagnostic]
    private(set) var model: ProxyModel
    private let log: AccessLog
    private let logPath: String
    private let manifests: Manifests
    private var translator: IngressTranslator
    private let geo: GeoSource?
    private var served: Served

    var port: UInt16 {
        Witness.current?.saw(served)
        return plane.addresses[0].port
    }

    /// Where TLS is spoken.
    var securePort: UInt16 {
        Witness.current?.saw(served)
        return plane.addresses[1].port
    }

    /// Serves the Ingress `shop/web` with these annotations, whose prefix is added unless the name has one.
    convenience init(
        _ annotations: [String: String], path: String = "/", pathType: String = "Prefix",
        host: String? = "shop.example", origins: [String: [ScriptedOrigin]], configMap: [String: String] = [:],
        also objects: String = "", workers: Int = 1, geo: GeoSource? = nil,
        options change: (inout TranslationOptions) -> Void = { _ in }
    ) throws {
        let ingress = Manifests.ingress(annotations, host: host, path: path, pathType: pathType)
        try self.init(
            manifests: [ingress, objects], origins: origins, configMap: configMap, workers: workers, geo: geo,
            options: change)
    }

    /// Serves the Ingress `shop/web` with these annotations in front of one origin.
    convenience init(
        _ annotations: [String: String], path: String = "/", pathType: String = "Prefix", origin: ScriptedOrigin,
        configMap: [String: String] = [:], also objects: String = "", workers: Int = 1
    ) throws {
        try self.init(
            annotations, path: path, pathType: pathType, origins: ["web": [origin]], configMap: configMap,
            also: objects, workers: workers)
    }

    /// Serves manifests as written. Each origin's Service is `shop/<name>` with port 80, named `http`.
    init(
        manifests texts: [String], origins: [String: [ScriptedOrigin]], configMap: [String: String] = [:],
        workers: Int = 1, speaksTLS: Bool = false, geo: GeoSource? = nil,
        options change: (inout TranslationOptions) -> Void = { _ in }
    ) throws {
        self.geo = geo
        manifests = Manifests(origins: origins, configMap: configMap)
        var options = TranslationOptions()
        options.certificates = .tls
        change(&options)
        translator = IngressTranslator(options: options)
        let objects = try manifests.store(texts)
        let translation = translator.translate(objects)
        #expect(translation.model.faults() == [])
        model = translation.model
        diagnostics = translation.diagnostics + (geo?.follow(&model.settings.geo) ?? [])
        served = Served(objects, diagnostics: diagnostics, options: options)
        logPath = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString).log"
        log = try AccessLog(to: .file(logPath), workers: workers) { Issue.record("\($0)") }
        metrics = Metrics(identity: MetricIdentity(release: "test"), workers: workers, accessLog: log)
        plane = try DataPlane(
            DataPlane.Configuration(
                listeners: Self.listeners(speaksTLS: speaksTLS), workers: workers,
                connectionsPerWorker: 10_000, logFormat: try AccessLogFormat(AccessLogFormat.defaultText),
                hostName: "gate-machine"),
            serving: model, geo: geo?.databases, metrics: metrics)
    }

    private static func listeners(speaksTLS: Bool) -> [ListenerAddress] {
        let address = SocketAddress(.loopbackV4, port: 0)
        let plain = ListenerAddress(address: address)
        return speaksTLS ? [plain, ListenerAddress(address: address, speaksTLS: true)] : [plain]
    }

    deinit {
        end(grace: .zero)
        try? FileManager.default.removeItem(atPath: logPath)
    }

    /// Puts other manifests in the place of those that are served, as a reload would.
    func replace(_ texts: [String]) throws {
        let objects = try manifests.store(texts)
        let translation = translator.translate(objects)
        #expect(translation.model.faults() == [])
        (model, diagnostics) = (translation.model, translation.diagnostics)
        diagnostics += geo?.follow(&model.settings.geo) ?? []
        served = Served(objects, diagnostics: diagnostics, options: translator.options)
        let found = plane.apply(model, geo: geo?.databases)
        #expect(found.isEmpty)
    }

    private func end(grace: Duration) {
        plane.drain(grace: grace)
        geo?.stop()
        log.stop()
    }

    // MARK: Asking

    func client() throws -> Client { try Client(toPort: port) }

    /// A client that has shaken hands, where TLS is spoken.
    func secureClient(_ options: TLSOptions) throws -> Client {
        try Client(toPort: securePort, tls: options)
    }

    /// A client that has chosen HTTP/2 in its handshake, where TLS is spoken.
    func http2OverTLS(_ name: String = "shop.example") throws -> HTTP2Peer {
        var options = TLSOptions(name)
        options.protocols = ["h2"]
        let peer = HTTP2Peer(try secureClient(options).wire)
        try peer.beginAsClient()
        return peer
    }

    /// The answer to one request on a connection of its own.
    func request(
        _ target: String = "/", method: String = "GET", host: String? = "shop.example", _ fields: [String] = [],
        body: String = ""
    ) throws -> Message {
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        return try client().request(target, method: method, host: host, fields + length, body: body)
    }

    /// The faults of the diagnostics about an annotation, whose name is without prefix.
    func faults(about annotation: String) -> [String] {
        diagnostics.filter { $0.field.contains("/\(annotation)") }.map { $0.fault }
    }

    /// The value of a sample of `/metrics`, summed over all whose name and labels contain `parts`.
    func metric(_ name: String, _ parts: String...) -> Int {
        var scrape = Scrape(metrics, now: .now())
        var total = 0
        while let piece = scrape.next() {
            for line in String(decoding: piece, as: UTF8.self).split(separator: "\n") {
                guard line.hasPrefix(name), parts.allSatisfy(line.contains), let value = line.split(separator: " ").last
                else { continue }
                total += Int(value) ?? 0
            }
        }
        return total
    }

    /// Everything that was logged, once no more comes: ends the data plane.
    func accessLogLines() throws -> [String] {
        end(grace: .seconds(10))
        return try String(contentsOfFile: logPath, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
