import Kubernetes

/// Annotations, whatever they are called and whatever they say, give a model that can be served.
///
/// The input is lines `name: value`: annotations without their prefix, of the older of two Ingresses. A line `@path` with a
/// value says which path it has, and one that begins with `@` is otherwise a key of the controller's ConfigMap.
func brokenAnnotations(_ bytes: [UInt8]) -> String? {
    var annotations: [(name: String, value: String)] = []
    var settings: [ConfigMap.Entry] = []
    var path = "/api(/|$)(.*)"
    for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(24) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        // An escaped line end is one: values may hold them.
        let value = String(decoding: line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
            .split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
        if name == "@path" {
            path = value
        } else if name.hasPrefix("@") {
            settings.append(ConfigMap.Entry(key: String(name.dropFirst()), value: value))
        } else {
            annotations.append((name, value))
        }
    }
    var objects = annotated(annotations, path: path)
    if !settings.isEmpty {
        let name = Metadata(name: "ingress-nginx-controller", namespace: "ingress-nginx")
        objects.append(.configMap(ConfigMap(metadata: name, data: settings)))
    }
    return brokenTranslation(of: objects)
}

/// An Ingress with annotations, whose prefix is left out, beside one without; and what both may speak of.
func annotated(
    _ annotations: [(name: String, value: String)], path: String = "/api(/|$)(.*)",
    users: [UInt8] = Array("ann:abNANd1rDfiNc".utf8)
) -> [KubernetesObject] {
    var metadata = Metadata(name: "web", namespace: "shop")
    metadata.annotations = annotations.map {
        Metadata.Annotation(name: "nginx.ingress.kubernetes.io/\($0.name)", value: $0.value)
    }
    return [
        .ingress(
            Ingress(
                metadata: metadata, className: "nginx",
                rules: [Ingress.Rule(host: "shop.example.com", paths: [forward(path, to: "web")])],
                tls: [Ingress.TLS(hosts: ["shop.example.com"], secretName: nil)])),
        .ingress(
            Ingress(
                metadata: Metadata(name: "zoo", namespace: "shop"), className: "nginx",
                rules: [Ingress.Rule(host: "shop.example.com", paths: [forward("/api/zoo", to: "sorry")])])),
        .configMap(
            ConfigMap(
                metadata: Metadata(name: "fields", namespace: "shop"),
                data: [ConfigMap.Entry(key: "X-From", value: "gate")])),
        .secret(
            Secret(
                metadata: Metadata(name: "users", namespace: "shop"),
                data: ["auth": SecretBytes(users)])),
    ] + service("web", at: "192.0.2.11") + service("sorry", at: "192.0.2.12")
}

private func forward(_ path: String, to service: String) -> Ingress.Path {
    Ingress.Path(
        path, type: .implementationSpecific, backend: Ingress.Backend(.service(name: service, port: .number(80))))
}

private func service(_ name: String, at address: String) -> [KubernetesObject] {
    [
        .service(
            Service(
                metadata: Metadata(name: name, namespace: "shop"), clusterIP: "10.96.0.1",
                ports: [Service.Port(port: 80)])),
        .endpointSlice(
            EndpointSlice(
                metadata: Metadata(
                    name: "\(name)-1", namespace: "shop", labels: [EndpointSlice.serviceNameLabel: name]),
                ports: [EndpointSlice.Port(port: 8080)],
                endpoints: [EndpointSlice.Endpoint(addresses: [address])])),
    ]
}
