import Kubernetes
import Model
import Translation

/// Annotations that refer to other objects.
extension IngressReading {
    mutating func readHeaders(_ written: NamespacedName?, into content: inout TranslatedIngress.Content) {
        guard var reference = written else { return }
        if reference.namespace.isEmpty { reference.namespace = ingress.metadata.namespace }
        guard reference.namespace == ingress.metadata.namespace || globals.allowsCrossNamespaceReferences else {
            return refuse(
                "custom-headers", "\(reference) is in another namespace",
                remedy: "use a ConfigMap of namespace \(ingress.metadata.namespace)", &content)
        }
        let shared = store.configMaps.shared(reference)
        dependencies.append(TranslatedIngress.Dependency(key: reference, found: .configMap(shared)))
        guard let configMap = shared?.object else {
            return refuse("custom-headers", "there is no ConfigMap \(reference)", remedy: "add it", &content)
        }
        var fields: [HeaderEdits.Field] = []
        for entry in configMap.data {
            if let fault = CustomHeader.fault(
                name: entry.key, value: entry.value, allowed: globals.allowedResponseHeaders)
            {
                return refuse(
                    "custom-headers", "\(quoted(entry.key)) in ConfigMap \(reference) \(fault.text)",
                    remedy: fault.remedy, &content)
            }
            fields.append(HeaderEdits.Field(name: entry.key, value: entry.value))
        }
        if !fields.isEmpty { content.policy.headerEdits = HeaderEdits(setOnResponse: fields) }
    }

    mutating func readFallback(_ name: String?, into content: inout TranslatedIngress.Content) {
        guard let name else { return }
        let key = NamespacedName(namespace: ingress.metadata.namespace, name: name)
        let shared = store.services.shared(key)
        dependencies.append(TranslatedIngress.Dependency(key: key, found: .service(shared)))
        guard let port = shared?.object.ports.first else {
            let fault = shared == nil ? "there is no Service \(key)" : "Service \(key) has no port"
            diagnostics.append(
                Diagnostic(
                    .warning, annotationOrigin("default-backend"), field: annotationField("default-backend"),
                    "\(fault), so it counts as absent"))
            return
        }
        let target = ServicePort(namespace: key.namespace, service: name, port: .number(port.port))
        let request = UpstreamRequest(
            target, seniority: seniority, origin: annotationOrigin("default-backend"),
            field: .other(annotationField("default-backend")))
        content.fallback = request
        content.policy.fallback = Fallback(upstream: request.usualID)
    }

    /// Makes every path of the Ingress answer 503.
    private mutating func refuse(
        _ annotation: String, _ fault: String, remedy: String, _ content: inout TranslatedIngress.Content
    ) {
        content.refusal = content.refusal ?? "because of \(annotation)"
        diagnostics.append(
            Diagnostic(
                .rejected, annotationOrigin(annotation), field: annotationField(annotation),
                "\(fault): every path answers 503", remedy: remedy))
    }

    func annotationOrigin(_ name: String) -> Origin {
        let line = ingress.metadata.annotations.first { $0.name.hasSuffix("/\(name)") }?.line
        return line.map { Origin(ingress, line: $0) } ?? Origin(ingress)
    }
}
