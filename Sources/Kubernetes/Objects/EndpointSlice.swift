/// `discovery.k8s.io/v1` EndpointSlice: a part of the endpoints of one Service, with their ports.
public struct EndpointSlice: KubernetesKind {
    public static let kind = ObjectKind.endpointSlice

    /// The label that ties a slice to its Service.
    public static let serviceNameLabel = "kubernetes.io/service-name"

    /// What the addresses of a slice are.
    public enum AddressType: String, Sendable, Equatable, CaseIterable {
        case ipv4 = "IPv4"
        case ipv6 = "IPv6"
        case fqdn = "FQDN"
    }

    /// A port of every endpoint in the slice.
    public struct Port: Sendable, Equatable {
        /// The name of the Service port it belongs to; empty for a Service's single unnamed port.
        public var name: String
        /// Nil means every port, which no proxy can dial.
        public var port: Int?
        public var transport: TransportProtocol
        public var appProtocol: String?

        public init(
            name: String = "", port: Int?, transport: TransportProtocol = .tcp, appProtocol: String? = nil
        ) {
            self.name = name
            self.port = port
            self.transport = transport
            self.appProtocol = appProtocol
        }
    }

    /// One pod or external host.
    public struct Endpoint: Sendable, Equatable {
        public var addresses: [String]
        /// The conditions as written; nil means unknown, which readers take as ready, serving as ready,
        /// and not terminating.
        public var ready: Bool?
        public var serving: Bool?
        public var terminating: Bool?
        public var hostname: String?
        public var zone: String?

        public init(
            addresses: [String], ready: Bool? = nil, serving: Bool? = nil, terminating: Bool? = nil,
            hostname: String? = nil, zone: String? = nil
        ) {
            self.addresses = addresses
            self.ready = ready
            self.serving = serving
            self.terminating = terminating
            self.hostname = hostname
            self.zone = zone
        }

        /// Whether new requests may go here (an unknown condition counts as ready).
        public var isReady: Bool { ready ?? true }
        /// Whether requests would be answered, even while terminating.
        public var isServing: Bool { serving ?? isReady }
        public var isTerminating: Bool { terminating ?? false }
    }

    public var metadata: Metadata
    public var addressType: AddressType
    public var ports: [Port]
    public var endpoints: [Endpoint]

    public init(metadata: Metadata, addressType: AddressType = .ipv4, ports: [Port] = [], endpoints: [Endpoint] = []) {
        self.metadata = metadata
        self.addressType = addressType
        self.ports = ports
        self.endpoints = endpoints
    }

    /// The Service, in the slice's own namespace, whose endpoints these are; nil for a slice of no Service.
    public var serviceName: String? { metadata.labels[Self.serviceNameLabel] }
}

/// `v1` Endpoints, the older form of EndpointSlices: all endpoints of the Service of the same name.
public struct Endpoints: KubernetesKind {
    public static let kind = ObjectKind.endpoints

    public var metadata: Metadata
    /// One slice for each subset, with the Endpoints object's metadata.
    public var slices: [EndpointSlice]

    public init(metadata: Metadata, slices: [EndpointSlice] = []) {
        self.metadata = metadata
        self.slices = slices
    }
}
