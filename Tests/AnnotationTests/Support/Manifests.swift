import Foundation
import Kubernetes
import TestSupport
import Testing

/// The objects around the manifests of a test: Services with their endpoints, and the controller's ConfigMap.
struct Manifests {
    let origins: [String: [ScriptedOrigin]]
    let configMap: [String: String]

    static let prefix = "nginx.ingress.kubernetes.io/"

    /// Everything as an object store; what cannot be decoded fails the test.
    func store(_ texts: [String]) throws -> ObjectStore {
        var objects: [KubernetesObject] = []
        for (number, text) in (texts + [surroundings]).enumerated() {
            let file = ManifestDecoder().decode(Array(text.utf8), path: "manifest-\(number).yaml")
            try #require(file.isUsable, "\(file.diagnostics)")
            objects += Array(file.objects)
        }
        return ObjectStore(objects)
    }

    private var surroundings: String {
        var documents = origins.sorted { $0.key < $1.key }.flatMap { name, origins in
            [Self.service(name)] + origins.enumerated().map { Self.slice(of: name, $0.offset, port: $0.element.port) }
        }
        if !configMap.isEmpty {
            documents.append(
                Self.configMap("ingress-nginx-controller", namespace: "ingress-nginx", configMap))
        }
        return documents.joined(separator: "---\n")
    }

    /// An Ingress with one rule.
    static func ingress(
        _ annotations: [String: String], name: String = "web", host: String? = "shop.example", path: String = "/",
        pathType: String = "Prefix", service: String = "web", port: Int = 80, spec lines: [String] = []
    ) -> String {
        let written = annotations.sorted { $0.key < $1.key }.map { name, value in
            "    \(quoted(name.contains("/") ? name : prefix + name)): \(quoted(value))"
        }
        let more = lines.map { "  \($0)" }
        return """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: \(name)
              namespace: shop
              annotations:\(written.isEmpty ? " {}" : "\n" + written.joined(separator: "\n"))
            spec:
              ingressClassName: nginx
            \((more + ["  rules:"]).joined(separator: "\n"))
                - \(host.map { "host: \(quoted($0))" } ?? "{}")
            \(host == nil ? "" : "")      http:
                    paths:
                      - path: \(quoted(path))
                        pathType: \(pathType)
                        backend:
                          service:
                            name: \(service)
                            port:
                              number: \(port)

            """.replacingOccurrences(of: "    - {}\n      http:", with: "    - http:")
    }

    static func configMap(_ name: String, namespace: String = "shop", _ data: [String: String]) -> String {
        let entries = data.sorted { $0.key < $1.key }.map { "  \(quoted($0.key)): \(quoted($0.value))\n" }.joined()
        return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name), namespace: \(namespace)}\ndata:\n\(entries)"
    }

    static func secret(_ name: String, namespace: String = "shop", type: String = "Opaque", _ data: [String: String])
        -> String
    {
        let entries = data.sorted { $0.key < $1.key }.map { "  \(quoted($0.key)): \(quoted($0.value))\n" }.joined()
        return """
            apiVersion: v1
            kind: Secret
            metadata: {name: \(name), namespace: \(namespace)}
            type: \(type)
            stringData:
            \(entries)
            """
    }

    static func service(_ name: String, spec lines: [String] = []) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: \(name), namespace: shop}
        spec:
          clusterIP: 10.96.0.1
        \(lines.map { "  \($0)\n" }.joined())  ports: [{name: http, port: 80}]

        """
    }

    static func slice(of service: String, _ number: Int, port: UInt16) -> String {
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: \(service)-\(number)
          namespace: shop
          labels: {kubernetes.io/service-name: \(service)}
        addressType: IPv4
        ports: [{name: http, port: \(port)}]
        endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]

        """
    }

    /// A value as a JSON string, which is YAML too: nothing in it means anything to YAML.
    private static func quoted(_ text: String) -> String {
        guard let data = try? JSONEncoder().encode(text) else { return "\"\"" }
        return String(decoding: data, as: UTF8.self)
    }
}
