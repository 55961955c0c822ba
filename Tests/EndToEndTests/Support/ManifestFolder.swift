import Foundation
import Glibc
import TestSupport

/// A folder of manifests that is gone after the test.
final class ManifestFolder: Sendable {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        let parent = FileManager.default.temporaryDirectory
        let folder = parent.appending(path: "gatehouse-\(UUID().uuidString)")
        path = folder.path(percentEncoded: false)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, to: name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in place.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(of: name)))
    }

    /// Writes a file as editors and `kubectl` plugins do: beside it first, then by a rename.
    func replace(_ name: String, with text: String) throws {
        try write(text, to: ".\(name).new")
        try rename(".\(name).new", to: name)
    }

    /// Moves within the folder, over what is there.
    func rename(_ name: String, to other: String) throws {
        guard Glibc.rename(path(of: name), path(of: other)) == 0 else {
            throw WireFault.malformed("renaming \(name): \(errno)")
        }
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(of: name)) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(of: name), withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(of: name), withDestinationPath: target)
    }

    func text(of name: String) -> String { (try? String(contentsOfFile: path(of: name), encoding: .utf8)) ?? "" }
}

/// Manifests in a few words.
enum Manifest {
    /// An Ingress for one host.
    static func ingress(
        _ name: String, host: String, _ paths: [(path: String, service: String)], annotations: [String: String] = [:]
    ) -> String {
        var text = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: \(name)
              annotations: {\(annotations.map { #""nginx.ingress.kubernetes.io/\#($0.key)": "\#($0.value)""# }.joined(separator: ", "))}
            spec:
              ingressClassName: nginx
              rules:
                - host: "\(host)"
                  http:
                    paths:

            """
        for (path, service) in paths {
            text += """
                            - path: \(path)
                              pathType: Prefix
                              backend: { service: { name: \(service), port: { name: http } } }

                """
        }
        return text + "---\n"
    }

    /// A Service without endpoints.
    static func service(_ name: String) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: { name: \(name) }
        spec: { ports: [{ name: http, port: 80 }] }
        ---

        """
    }

    /// The ConfigMap of global settings.
    static func settings(_ values: [String: String]) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: { namespace: ingress-nginx, name: ingress-nginx-controller }
        data: {\(values.map { #""\#($0.key)": "\#($0.value)""# }.joined(separator: ", "))}
        ---

        """
    }

    /// `NAME.example` with every path to the Service of that name.
    static func site(_ name: String, to service: String? = nil, annotations: [String: String] = [:]) -> String {
        ingress(name, host: "\(name).example", [("/", service ?? name)], annotations: annotations)
            + self.service(service ?? name)
    }
}

extension Message {
    /// A line of the demo backend's account of what was chosen, such as `Service` or `Ingress`.
    func chosen(_ title: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("  \(title) ") }.map {
            $0.dropFirst(title.count + 2).trimmingCharacters(in: .whitespaces)
        }
    }

    /// The name of the Service that was chosen.
    var chosenService: String? { chosen("Service")?.split(separator: ":").first.map(String.init) }
}
