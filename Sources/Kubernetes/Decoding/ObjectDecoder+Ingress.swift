extension ObjectDecoder {
    mutating func ingress(_ root: ManifestNode, _ metadata: Metadata) -> Ingress {
        var ingress = Ingress(metadata: metadata)
        topLevel(root, known: ["spec", "status"]) { decoder, entry in
            guard entry.key == "spec" else { return }
            decoder.fields(of: entry.value) { decoder, entry in decoder.ingressField(entry, into: &ingress) }
        }
        return ingress
    }

    private mutating func ingressField(_ entry: ManifestNode.Entry, into ingress: inout Ingress) {
        switch entry.key {
        case "ingressClassName":
            ingress.className = string(entry.value)
            ingress.classNameLine = line(of: entry)
        case "defaultBackend":
            guard entry.value.type != .null else { return }
            ingress.defaultBackend = backend(entry.value, line: entry.line)
        case "rules": ingress.rules = list(entry.value) { decoder, node in decoder.rule(node) }
        case "tls": ingress.tls = list(entry.value) { decoder, node in decoder.tls(node) }
        default: unknown(entry, among: ["ingressClassName", "defaultBackend", "rules", "tls"])
        }
    }

    private mutating func rule(_ node: ManifestNode) -> Ingress.Rule? {
        var rule = Ingress.Rule(host: nil, paths: [], hasHTTP: false, line: line(of: node))
        fields(of: node) { decoder, entry in
            switch entry.key {
            case "host": rule.host = decoder.string(entry.value)
            case "http":
                guard entry.value.type != .null else { return }
                rule.hasHTTP = true
                rule.paths = decoder.paths(entry)
            default: decoder.unknown(entry, among: ["host", "http"])
            }
        }
        return rule
    }

    private mutating func paths(_ http: ManifestNode.Entry) -> [Ingress.Path] {
        var paths: [Ingress.Path]?
        fields(of: http.value) { decoder, entry in
            guard entry.key == "paths" else { return decoder.unknown(entry, among: ["paths"]) }
            paths = decoder.list(entry.value) { decoder, node in decoder.path(node) }
        }
        if paths == nil { reject(line: http.line, "paths is missing", remedy: "list at least one path") }
        return paths ?? []
    }

    private mutating func path(_ node: ManifestNode) -> Ingress.Path? {
        var path: String?
        var type: Ingress.PathType?
        var hasType = false
        var backend: Ingress.Backend?
        var hasBackend = false
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "path": path = decoder.string(entry.value)
            case "pathType":
                hasType = entry.value.type != .null
                type = decoder.choice(entry.value, of: Ingress.PathType.self)
            case "backend":
                hasBackend = entry.value.type != .null
                backend = decoder.backend(entry.value, line: entry.line)
            default: decoder.unknown(entry, among: ["path", "pathType", "backend"])
            }
        }
        guard isMapping else { return nil }
        if !hasType {
            warn(
                line: node.line, "pathType is missing and taken as ImplementationSpecific",
                remedy: "write pathType: Prefix; a cluster would refuse the object")
        }
        if !hasBackend { reject(line: node.line, "backend is missing", remedy: "name a service and its port") }
        guard let backend else { return nil }
        return Ingress.Path(path, type: type ?? .implementationSpecific, backend: backend, line: line(of: node))
    }

    private mutating func backend(_ node: ManifestNode, line: Int) -> Ingress.Backend? {
        var service: Ingress.Backend.Target?
        var resource: Ingress.Backend.Target?
        var mentioned = 0
        var olderForm: [String: String] = [:]
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "service" where entry.value.type != .null:
                mentioned += 1
                service = decoder.serviceTarget(entry)
            case "resource" where entry.value.type != .null:
                mentioned += 1
                resource = decoder.resourceTarget(entry)
            case "service", "resource": break
            case "serviceName", "servicePort":
                guard case .scalar(let text, _) = entry.value.content else { return }
                olderForm[entry.key] = String(text.prefix(64))
            default: decoder.unknown(entry, among: ["service", "resource"])
            }
        }
        guard isMapping else { return nil }
        if mentioned != 1 {
            reject(
                line: line, olderForm.isEmpty ? "expected either service or resource" : "is in the older v1beta1 form",
                remedy: olderForm.isEmpty ? "name a service and its port" : Self.newForm(of: olderForm))
        } else if let field = olderForm.keys.min() {
            warn(line: line, "\(field) belongs to the older v1beta1 form and has no effect", remedy: "take it out")
        }
        return (service ?? resource).map { Ingress.Backend($0, line: SourceLine(line - objectLine)) }
    }

    /// What `serviceName` and `servicePort` are today.
    private static func newForm(of older: [String: String]) -> String {
        let port = older["servicePort"] ?? "80"
        return "write service: {name: \(older["serviceName"] ?? "NAME"), "
            + "port: {\(Int(port) == nil ? "name" : "number"): \(port)}}"
    }

    private mutating func serviceTarget(_ service: ManifestNode.Entry) -> Ingress.Backend.Target? {
        var name: String?
        var port: PortReference?
        let isMapping = fields(of: service.value) { decoder, entry in
            switch entry.key {
            case "name": name = decoder.string(entry.value)
            case "port": port = decoder.backendPort(entry)
            default: decoder.unknown(entry, among: ["name", "port"])
            }
        }
        guard isMapping else { return nil }
        guard let name, !name.isEmpty else {
            reject(line: service.line, "the service has no name", remedy: "write service.name")
            return nil
        }
        return .service(name: name, port: port)
    }

    private mutating func backendPort(_ port: ManifestNode.Entry) -> PortReference? {
        var number: Int?
        var name: String?
        if case .scalar(let text, _) = port.value.content, port.value.type != .null {
            let key = Int(text) == nil ? "name" : "number"
            reject(
                line: port.line, "expected a mapping, got \(port.value.type.described) \(text.prefix(64))",
                remedy: "write port: {\(key): \(text.prefix(64))}")
            return nil
        }
        fields(of: port.value) { decoder, entry in
            switch entry.key {
            case "number": number = decoder.integer(entry.value, in: 1...65_535)
            case "name": name = decoder.string(entry.value)
            default: decoder.unknown(entry, among: ["number", "name"])
            }
        }
        if number != nil, name != nil {
            reject(line: port.line, "both a number and a name", remedy: "keep one of them")
        }
        return number.map(PortReference.number) ?? name.map(PortReference.name)
    }

    private mutating func resourceTarget(_ resource: ManifestNode.Entry) -> Ingress.Backend.Target? {
        var kind = ""
        var name = ""
        fields(of: resource.value) { decoder, entry in
            switch entry.key {
            case "kind": kind = decoder.string(entry.value) ?? ""
            case "name": name = decoder.string(entry.value) ?? ""
            case "apiGroup": _ = decoder.string(entry.value)
            default: decoder.unknown(entry, among: ["apiGroup", "kind", "name"])
            }
        }
        return .resource(kind: kind, name: name)
    }

    private mutating func tls(_ node: ManifestNode) -> Ingress.TLS? {
        var tls = Ingress.TLS(hosts: [], secretName: nil, line: line(of: node))
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "hosts": tls.hosts = decoder.strings(entry.value)
            case "secretName": tls.secretName = decoder.string(entry.value)
            default: decoder.unknown(entry, among: ["hosts", "secretName"])
            }
        }
        return isMapping ? tls : nil
    }

    mutating func ingressClass(_ root: ManifestNode, _ metadata: Metadata) -> IngressClass {
        var ingressClass = IngressClass(metadata: metadata, controller: "")
        topLevel(root, known: ["spec"]) { decoder, entry in
            guard entry.key == "spec" else { return }
            decoder.fields(of: entry.value) { decoder, entry in
                switch entry.key {
                case "controller": ingressClass.controller = decoder.string(entry.value) ?? ""
                case "parameters": break
                default: decoder.unknown(entry, among: ["controller", "parameters"])
                }
            }
        }
        return ingressClass
    }
}
