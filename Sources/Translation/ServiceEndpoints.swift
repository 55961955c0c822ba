import Kubernetes
import Model

/// Finds the endpoints behind a port of a Service.
struct ServiceEndpoints: Sendable {
    struct Found {
        var endpoints: [Endpoint] = []
        var affinity: Affinity?
        var isDemonstration = false
        /// What the Service's port says of the endpoints.
        var speaks: BackendProtocol?
        /// The name whose addresses the endpoints are, or will be once it is resolved.
        var name: String?
    }

    private let store: ObjectStore
    private let options: TranslationOptions
    private let names: ResolvedNames

    init(_ store: ObjectStore, _ options: TranslationOptions, names: ResolvedNames) {
        self.store = store
        self.options = options
        self.names = names
    }

    func find(_ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]) -> Found {
        if request.target.isHost { return host(request, &diagnostics) }
        let service = store.services[request.target.key]
        var found = endpoints(of: service, request, &diagnostics)
        if let service, let port = service.tcpPort(request.target.port), !found.isDemonstration {
            found.speaks = AppProtocol.spoken(by: port, of: service, &diagnostics)
        }
        return found
    }

    private func endpoints(
        of service: Service?, _ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]
    ) -> Found {
        if !options.overrides.isEmpty {
            let port = service?.ports.first { $0.isNamed(request.target.port) }
            if let override = options.overrides.first(where: { $0.fits(request.target, port) }) {
                return reach(override.host, port: override.port, allowsLocal: true, request, &diagnostics)
            }
        }
        guard let service else {
            return standIn(
                request, origin: request.origin, "Service \(request.target.key) does not exist",
                remedy: "add it with an EndpointSlice", &diagnostics)
        }
        if service.type == .externalName { return external(service, request, &diagnostics) }
        guard let port = port(of: service, request, &diagnostics) else {
            return standIn(
                request, origin: request.origin, "Service \(request.target.key) has no TCP port \(request.target.port)",
                remedy: Self.ports(of: service), &diagnostics)
        }
        if request.usesClusterAddress, let found = clusterAddress(of: service, port, request, &diagnostics) {
            return found
        }
        var found = Found()
        found.endpoints = ready(service, port, request, &diagnostics)
        if case .clientIP(let seconds) = service.sessionAffinity {
            found.affinity = .clientAddress(timeout: .seconds(seconds))
        }
        if found.endpoints.isEmpty {
            return standIn(
                request, origin: Origin(service), "port \(request.target.port) has no ready endpoint",
                remedy: "add an EndpointSlice with one", &diagnostics)
        }
        return found
    }

    /// What serves in place of a Service without endpoints: the demonstration origin when it is wanted, else nothing.
    private func standIn(
        _ request: UpstreamRequest, origin: Origin, _ fault: String, remedy: String,
        _ diagnostics: inout [Diagnostic]
    ) -> Found {
        let field = origin == request.origin ? "\(request.field)" : ""
        guard request.purpose == .backend, let demonstration = options.demonstrationEndpoint else {
            diagnostics.append(
                Diagnostic(
                    .warning, origin, field: field, "\(fault): \(request.outcomeWithoutEndpoints)",
                    remedy: "\(remedy), or send it elsewhere with --backend \(request.target.key)=HOST:PORT"))
            return Found()
        }
        diagnostics.append(
            Diagnostic(.note, origin, field: field, "\(fault): the built-in demonstration backend answers"))
        return Found(endpoints: [demonstration], isDemonstration: true)
    }

    /// Which ports a Service has, for who asked for another.
    private static func ports(of service: Service) -> String {
        let ports = service.ports.filter { $0.transport == .tcp }.prefix(8).map { port in
            port.name.map { "\(port.port) (\($0))" } ?? "\(port.port)"
        }
        return ports.isEmpty ? "give it one" : "write one of its ports: \(ports.joined(separator: ", "))"
    }

    /// The Service port that a backend means: by number or name, else by target port as ingress-nginx does.
    private func port(
        of service: Service, _ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]
    ) -> Service.Port? {
        guard let port = service.tcpPort(request.target.port) else { return nil }
        if port.isNamed(request.target.port) { return port }
        diagnostics.append(
            Diagnostic(
                .warning, request.origin, field: "\(request.field)",
                "\(request.target.port) is the target port of Service \(request.target.key), not one of its ports",
                remedy: "write \(port.port)"))
        return port
    }

    private func clusterAddress(
        of service: Service, _ port: Service.Port, _ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]
    ) -> Found? {
        if let text = service.clusterIP ?? service.clusterIPs.first, let address = LiteralAddress(text) {
            let endpoint = Endpoint(address: text, port: UInt16(clamping: port.port))
            guard !isOwn(address, endpoint, request, &diagnostics) else { return Found() }
            return Found(endpoints: [endpoint])
        }
        diagnostics.append(
            Diagnostic(
                .note, request.origin, field: "\(request.field)",
                "Service \(request.target.key) has no cluster address, so its endpoints are used one by one"))
        return nil
    }

    /// The ready addresses of the Service's slices, each slice with its own port, without duplicates and sorted.
    private func ready(
        _ service: Service, _ port: Service.Port, _ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]
    ) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for slice in store.endpointSlices(of: request.target.key) where slice.addressType != .fqdn {
            guard let number = slice.port(for: port) else { continue }
            for endpoint in slice.endpoints where endpoint.isReady || service.publishNotReadyAddresses {
                for text in endpoint.addresses {
                    guard let address = LiteralAddress(text) else {
                        diagnostics.append(
                            Diagnostic(
                                .warning, Origin(slice), field: "endpoints",
                                "an address is no IP address and is left out"))
                        continue
                    }
                    let endpoint = Endpoint(address: text, port: number)
                    if !isOwn(address, endpoint, request, &diagnostics) { endpoints.append(endpoint) }
                }
            }
        }
        guard endpoints.count > 1 else { return endpoints }
        endpoints.sort { ($0.address, $0.port) < ($1.address, $1.port) }
        var unique: [Endpoint] = []
        for endpoint in endpoints where endpoint != unique.last { unique.append(endpoint) }
        return unique
    }
}

extension ServiceEndpoints {
    /// A host that no Service stands for: a literal address, or a name that is resolved.
    private func host(_ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]) -> Found {
        if let override = options.overrides.first(where: { $0.fits(request.target, nil) }) {
            return reach(override.host, port: override.port, allowsLocal: true, request, &diagnostics)
        }
        guard case .number(let number) = request.target.port, let port = UInt16(exactly: number), port > 0 else {
            return unusable(
                request.origin, "\(request.field)", "\(request.target.port) is no port", request, &diagnostics)
        }
        return reach(
            request.target.service, port: port, allowsLocal: options.allowsLocalExternalNames, request, &diagnostics)
    }

    /// An ExternalName Service: the addresses of its name. A port that the Service doesn't list is taken as it is.
    private func external(
        _ service: Service, _ request: UpstreamRequest, _ diagnostics: inout [Diagnostic]
    ) -> Found {
        let origin = Origin(service, line: service.externalNameLine)
        let written = service.externalName ?? ""
        let name = canonical(written)
        guard LiteralAddress(name) != nil || isDomainName(name) else {
            return unusable(origin, "spec.externalName", "is no DNS name", request, &diagnostics)
        }
        let port = service.ports.first { $0.isNamed(request.target.port) }
        let number: Int
        switch (port?.targetPort, port, request.target.port) {
        case (.number(let target)?, _, _): number = target
        case (nil, let port?, _): number = port.port
        case (nil, nil, .number(let written)): number = written
        default:
            return unusable(
                origin, "spec.ports", "\(request.target.port) has no number to connect to", request, &diagnostics)
        }
        guard let checked = UInt16(exactly: number), checked > 0 else {
            return unusable(origin, "spec.ports", "\(number) is no port", request, &diagnostics)
        }
        return reach(name, port: checked, allowsLocal: options.allowsLocalExternalNames, request, &diagnostics)
    }

    /// The endpoints at a host: a literal address, or a name with the addresses it was last resolved to.
    private func reach(
        _ host: String, port: UInt16, allowsLocal: Bool, _ request: UpstreamRequest,
        _ diagnostics: inout [Diagnostic]
    ) -> Found {
        let name = canonical(host)
        if LiteralAddress(name) != nil {
            return Found(endpoints: usable([name], port, allowsLocal: allowsLocal, request, &diagnostics))
        }
        if !allowsLocal, name == "localhost" || name.hasSuffix(".localhost") {
            return unusable(
                request.origin, "\(request.field)",
                "\(request.target.name) leads to this machine, which is not allowed",
                request, &diagnostics)
        }
        let addresses = names[name] ?? (name == "localhost" ? ["127.0.0.1"] : [])
        if addresses.isEmpty {
            diagnostics.append(
                Diagnostic(
                    .warning, request.origin, field: "\(request.field)",
                    "\(name) has no known address: \(request.outcomeWithoutEndpoints) until it is resolved"))
        }
        return Found(
            endpoints: usable(addresses, port, allowsLocal: allowsLocal, request, &diagnostics), name: name)
    }

    private func usable(
        _ addresses: [String], _ port: UInt16, allowsLocal: Bool, _ request: UpstreamRequest,
        _ diagnostics: inout [Diagnostic]
    ) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for text in addresses.sorted() {
            guard let address = LiteralAddress(text) else { continue }
            if !allowsLocal, address.isLoopback || address.isUnspecified || address.isLinkLocal {
                _ = unusable(
                    request.origin, "\(request.field)",
                    "\(request.target.name) leads to \(text), on this machine or its network segment, which is not allowed",
                    request, &diagnostics)
                continue
            }
            let endpoint = Endpoint(address: text, port: port)
            if endpoint != endpoints.last, !isOwn(address, endpoint, request, &diagnostics) {
                endpoints.append(endpoint)
            }
        }
        return endpoints
    }

    /// Whether an endpoint is one of Gatehouse's own sockets; requests to it would come back for ever.
    private func isOwn(
        _ address: LiteralAddress, _ endpoint: Endpoint, _ request: UpstreamRequest,
        _ diagnostics: inout [Diagnostic]
    ) -> Bool {
        // A service that is asked, or gets copies, may be served here too: such requests say how often they came by.
        guard request.purpose == .backend, options.ownListeners.contains(address, port: endpoint.port) else {
            return false
        }
        diagnostics.append(
            Diagnostic(
                .rejected, request.origin, field: "\(request.field)",
                "the endpoint \(endpoint) is Gatehouse itself and is left out",
                remedy: "let the backend listen on another port"))
        return true
    }

    private func unusable(
        _ origin: Origin, _ field: String, _ fault: String, _ request: UpstreamRequest,
        _ diagnostics: inout [Diagnostic]
    ) -> Found {
        diagnostics.append(Diagnostic(.rejected, origin, field: field, "\(fault): \(request.outcomeWithoutEndpoints)"))
        return Found()
    }

    private func canonical(_ name: String) -> String {
        let name = name.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}

/// Letters, digits, `-`, `_` and dots between labels of at most 63, 253 bytes in all (RFC 1035 §2.3.4).
private func isDomainName(_ name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 253 else { return false }
    return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        (1...63).contains(label.count)
            && label.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension Service {
    /// The port that a backend means: by number or name, else by target port.
    fileprivate func tcpPort(_ reference: PortReference) -> Port? {
        let ports = ports.filter { $0.transport == .tcp }
        return ports.first { $0.isNamed(reference) } ?? ports.first { $0.targetPort == reference }
    }
}

extension Service.Port {
    /// Whether a backend that says `reference` means this port.
    fileprivate func isNamed(_ reference: PortReference) -> Bool {
        switch reference {
        case .number(let number): port == number
        case .name(let name): self.name == name
        }
    }
}

extension EndpointSlice {
    /// The number under which this slice's endpoints serve a port of their Service. Ports belong together
    /// by name; a Service's single unnamed port belongs to the slice's single port.
    fileprivate func port(for servicePort: Service.Port) -> UInt16? {
        let tcp = ports.filter { $0.transport == .tcp }
        let name = servicePort.name ?? ""
        let match = tcp.first { $0.name == name } ?? (name.isEmpty && tcp.count == 1 ? tcp.first : nil)
        return match?.port.flatMap { UInt16(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
