import Kubernetes
import Model
import Translation

/// Annotations that refer to other objects.
extension IngressReading {
    mutating func readHeaders(_ written: NamespacedName?, into content: inout TranslatedIngress.Content) {
        guard let written, let configMap = referredConfigMap(written, of: "custom-headers", into: &content) else {
            return
        }
        var fields: [HeaderEdits.Field] = []
        for entry in configMap.data {
            if let fault = CustomHeader.fault(
                name: entry.key, value: entry.value, allowed: globals.allowedResponseHeaders)
            {
                return refuse(
                    "custom-headers",
                    "\(quoted(entry.key)) in ConfigMap \(configMap.metadata.namespace)/\(configMap.metadata.name) \(fault.text)",
                    remedy: fault.remedy, &content)
            }
            fields.append(HeaderEdits.Field(name: entry.key, value: entry.value))
        }
        if !fields.isEmpty { content.policy.headerEdits = HeaderEdits(setOnResponse: fields) }
    }

    /// The ConfigMap that an annotation names; when there is none that it may name, every path answers 503.
    mutating func referredConfigMap(
        _ written: NamespacedName, of annotation: String, into content: inout TranslatedIngress.Content
    ) -> ConfigMap? {
        var reference = written
        if reference.namespace.isEmpty { reference.namespace = ingress.metadata.namespace }
        guard reference.namespace == ingress.metadata.namespace || globals.allowsCrossNamespaceReferences else {
            refuse(
                annotation, "\(reference) is in another namespace",
                remedy: "use a ConfigMap of namespace \(ingress.metadata.namespace)", &content)
            return nil
        }
        let shared = store.configMaps.shared(reference)
        dependencies.append(TranslatedIngress.Dependency(key: reference, found: .configMap(shared)))
        if shared == nil { refuse(annotation, "there is no ConfigMap \(reference)", remedy: "add it", &content) }
        return shared?.object
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
        content.policy.errorPages?.upstream = request.usualID
    }

    /// Makes every path of the Ingress answer 503.
    mutating func refuse(
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
