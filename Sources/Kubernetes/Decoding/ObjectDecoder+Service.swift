extension ObjectDecoder {
    /// Fields that steer kube-proxy and load balancers, and mean nothing to a proxy.
    private static let otherServiceFields = [
        "allocateLoadBalancerNodePorts", "externalIPs", "externalTrafficPolicy", "healthCheckNodePort",
        "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "loadBalancerClass", "loadBalancerIP",
        "loadBalancerSourceRanges", "trafficDistribution",
    ]
    private static let serviceFields =
        otherServiceFields + [
            "type", "clusterIP", "clusterIPs", "ports", "externalName", "selector", "publishNotReadyAddresses",
            "sessionAffinity", "sessionAffinityConfig",
        ]

    mutating func service(_ root: ManifestNode, _ metadata: Metadata) -> Service {
        var service = Service(metadata: metadata)
        var timeoutSeconds = Service.SessionAffinity.defaultTimeoutSeconds
        topLevel(root, known: ["spec", "status"]) { decoder, entry in
            guard entry.key == "spec" else { return }
            decoder.fields(of: entry.value) { decoder, entry in
                if entry.key == "sessionAffinityConfig" {
                    timeoutSeconds = decoder.affinityTimeout(entry.value) ?? timeoutSeconds
                } else {
                    decoder.serviceField(entry, into: &service)
                }
            }
        }
        if service.sessionAffinity != .none { service.sessionAffinity = .clientIP(timeoutSeconds: timeoutSeconds) }
        checkService(service, root)
        return service
    }

    private mutating func serviceField(_ entry: ManifestNode.Entry, into service: inout Service) {
        switch entry.key {
        case "type": service.type = choice(entry.value, of: Service.ServiceType.self) ?? .clusterIP
        case "clusterIP": service.clusterIP = string(entry.value)
        case "clusterIPs": service.clusterIPs = strings(entry.value)
        case "ports": service.ports = list(entry.value) { decoder, node in decoder.servicePort(node) }
        case "externalName":
            service.externalName = string(entry.value)
            service.externalNameLine = line(of: entry)
        case "selector": service.hasSelector = !stringPairs(entry.value).isEmpty
        case "publishNotReadyAddresses": service.publishNotReadyAddresses = boolean(entry.value) ?? false
        case "sessionAffinity":
            switch choice(entry.value, of: AffinityName.self) {
            case .clientIP:
                service.sessionAffinity = .clientIP(timeoutSeconds: Service.SessionAffinity.defaultTimeoutSeconds)
            case .some(.none), nil: service.sessionAffinity = .none
            }
        default:
            if !Self.otherServiceFields.contains(entry.key) { unknown(entry, among: Self.serviceFields) }
        }
    }

    private enum AffinityName: String, CaseIterable {
        case none = "None"
        case clientIP = "ClientIP"
    }

    /// `sessionAffinityConfig.clientIP.timeoutSeconds`, at most a day.
    private mutating func affinityTimeout(_ node: ManifestNode) -> Int? {
        var seconds: Int?
        fields(of: node) { decoder, entry in
            guard entry.key == "clientIP" else { return decoder.unknown(entry, among: ["clientIP"]) }
            decoder.fields(of: entry.value) { decoder, entry in
                guard entry.key == "timeoutSeconds" else { return decoder.unknown(entry, among: ["timeoutSeconds"]) }
                seconds = decoder.integer(entry.value, in: 1...86_400)
            }
        }
        return seconds
    }

    private mutating func servicePort(_ node: ManifestNode) -> Service.Port? {
        var result = Service.Port(port: 0, line: line(of: node))
        var number: Int?
        var hasNumber = false
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "name": result.name = decoder.string(entry.value)
            case "port":
                hasNumber = entry.value.type != .null
                number = decoder.integer(entry.value, in: 1...65_535)
            case "targetPort": result.targetPort = entry.value.type == .null ? nil : decoder.port(entry.value)
            case "nodePort": result.nodePort = decoder.integer(entry.value, in: 0...65_535)
            case "protocol": result.transport = decoder.choice(entry.value, of: TransportProtocol.self) ?? .tcp
            case "appProtocol": result.appProtocol = decoder.string(entry.value)
            default:
                decoder.unknown(
                    entry, among: ["name", "port", "targetPort", "nodePort", "protocol", "appProtocol"])
            }
        }
        if isMapping, !hasNumber { reject(line: node.line, "port is missing", remedy: "write the port's number") }
        guard let number else { return nil }
        result.port = number
        return result
    }

    private mutating func checkService(_ service: Service, _ root: ManifestNode) {
        let line = root["spec"]?.line ?? root.line
        within(.key("spec")) { decoder in
            if service.type == .externalName, service.externalName ?? "" == "" {
                decoder.reject(
                    line: line, "a Service of type ExternalName without externalName", remedy: "name the external host")
            }
            let unnamed = service.ports.filter { ($0.name ?? "").isEmpty }
            if service.ports.count > 1, !unnamed.isEmpty {
                decoder.reject(
                    line: line, "several ports, and not all of them have names", remedy: "give each port a name")
            }
        }
    }
}
