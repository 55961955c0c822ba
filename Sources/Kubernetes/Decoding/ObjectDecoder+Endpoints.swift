extension ObjectDecoder {
    mutating func endpointSlice(_ root: ManifestNode, _ metadata: Metadata) -> EndpointSlice {
        var slice = EndpointSlice(metadata: metadata)
        var hasAddressType = false
        topLevel(root, known: ["addressType", "endpoints", "ports"]) { decoder, entry in
            switch entry.key {
            case "addressType":
                hasAddressType = entry.value.type != .null
                slice.addressType = decoder.choice(entry.value, of: EndpointSlice.AddressType.self) ?? .ipv4
            case "ports": slice.ports = decoder.list(entry.value) { decoder, node in decoder.endpointPort(node) }
            case "endpoints": slice.endpoints = decoder.list(entry.value) { decoder, node in decoder.endpoint(node) }
            default: break
            }
        }
        if !hasAddressType { reject(line: root.line, "addressType is missing", remedy: "write addressType: IPv4") }
        return slice
    }

    private mutating func endpointPort(_ node: ManifestNode) -> EndpointSlice.Port? {
        var port = EndpointSlice.Port(port: nil)
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "name": port.name = entry.value.type == .null ? "" : decoder.string(entry.value) ?? ""
            case "port": port.port = decoder.integer(entry.value, in: 1...65_535)
            case "protocol": port.transport = decoder.choice(entry.value, of: TransportProtocol.self) ?? .tcp
            case "appProtocol": port.appProtocol = decoder.string(entry.value)
            default: decoder.unknown(entry, among: ["name", "port", "protocol", "appProtocol"])
            }
        }
        return isMapping ? port : nil
    }

    private mutating func endpoint(_ node: ManifestNode) -> EndpointSlice.Endpoint? {
        var endpoint = EndpointSlice.Endpoint(addresses: [])
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "addresses": endpoint.addresses = decoder.strings(entry.value)
            case "conditions": decoder.conditions(entry.value, into: &endpoint)
            case "hostname": endpoint.hostname = decoder.string(entry.value)
            case "zone": endpoint.zone = decoder.string(entry.value)
            case "nodeName", "targetRef", "hints", "deprecatedTopology": break
            default:
                decoder.unknown(
                    entry,
                    among: ["addresses", "conditions", "hostname", "zone", "nodeName", "targetRef", "hints"])
            }
        }
        return isMapping ? endpoint : nil
    }

    private mutating func conditions(_ node: ManifestNode, into endpoint: inout EndpointSlice.Endpoint) {
        fields(of: node) { decoder, entry in
            switch entry.key {
            case "ready": endpoint.ready = decoder.boolean(entry.value)
            case "serving": endpoint.serving = decoder.boolean(entry.value)
            case "terminating": endpoint.terminating = decoder.boolean(entry.value)
            default: decoder.unknown(entry, among: ["ready", "serving", "terminating"])
            }
        }
    }

    mutating func endpoints(_ root: ManifestNode, _ metadata: Metadata) -> Endpoints {
        var endpoints = Endpoints(metadata: metadata)
        topLevel(root, known: ["subsets"]) { decoder, entry in
            guard entry.key == "subsets" else { return }
            endpoints.slices = decoder.list(entry.value) { decoder, node in decoder.subset(node, metadata) }
        }
        return endpoints
    }

    /// One subset as a slice: its ready addresses, then those that aren't.
    private mutating func subset(_ node: ManifestNode, _ metadata: Metadata) -> EndpointSlice? {
        var ports: [EndpointSlice.Port] = []
        var ready: [EndpointSlice.Endpoint] = []
        var notReady: [EndpointSlice.Endpoint] = []
        let isMapping = fields(of: node) { decoder, entry in
            switch entry.key {
            case "ports": ports = decoder.list(entry.value) { decoder, node in decoder.endpointPort(node) }
            case "addresses":
                ready = decoder.list(entry.value) { decoder, node in decoder.endpointAddress(node, isReady: true) }
            case "notReadyAddresses":
                notReady = decoder.list(entry.value) { decoder, node in decoder.endpointAddress(node, isReady: false) }
            default: decoder.unknown(entry, among: ["addresses", "notReadyAddresses", "ports"])
            }
        }
        guard isMapping else { return nil }
        let isIPv6 = (ready + notReady).first?.addresses.first?.contains(":") ?? false
        return EndpointSlice(
            metadata: metadata, addressType: isIPv6 ? .ipv6 : .ipv4, ports: ports, endpoints: ready + notReady)
    }

    private mutating func endpointAddress(_ node: ManifestNode, isReady: Bool) -> EndpointSlice.Endpoint? {
        var endpoint = EndpointSlice.Endpoint(addresses: [], ready: isReady)
        fields(of: node) { decoder, entry in
            switch entry.key {
            case "ip": if let address = decoder.string(entry.value) { endpoint.addresses = [address] }
            case "hostname": endpoint.hostname = decoder.string(entry.value)
            case "nodeName", "targetRef": break
            default: decoder.unknown(entry, among: ["ip", "hostname", "nodeName", "targetRef"])
            }
        }
        if endpoint.addresses.isEmpty {
            reject(line: node.line, "ip is missing", remedy: "write the endpoint's address")
        }
        return endpoint
    }
}
