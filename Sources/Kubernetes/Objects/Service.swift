/// `v1` Service: a name for a set of endpoints and the ports they are reached by.
public struct Service: KubernetesKind {
    public static let kind = ObjectKind.service

    /// How a Service is reached.
    public enum ServiceType: String, Sendable, Equatable, CaseIterable {
        case clusterIP = "ClusterIP"
        case nodePort = "NodePort"
        case loadBalancer = "LoadBalancer"
        case externalName = "ExternalName"
    }

    /// `spec.sessionAffinity`.
    public enum SessionAffinity: Sendable, Equatable {
        case none
        /// Keeps a client address on one endpoint until it has been silent for this long.
        case clientIP(timeoutSeconds: Int)

        /// What Kubernetes assumes when `sessionAffinityConfig` is left out.
        public static let defaultTimeoutSeconds = 10_800
    }

    /// One entry of `spec.ports`.
    public struct Port: Sendable, Equatable {
        /// Nil only when it is the single port of the Service.
        public var name: String?
        public var port: Int
        /// Nil means the same number as `port`.
        public var targetPort: PortReference?
        public var nodePort: Int?
        public var transport: TransportProtocol
        public var appProtocol: String?
        public var line: SourceLine

        public init(
            name: String? = nil, port: Int, targetPort: PortReference? = nil, nodePort: Int? = nil,
            transport: TransportProtocol = .tcp, appProtocol: String? = nil, line: SourceLine = SourceLine()
        ) {
            self.name = name
            self.port = port
            self.targetPort = targetPort
            self.nodePort = nodePort
            self.transport = transport
            self.appProtocol = appProtocol
            self.line = line
        }
    }

    public var metadata: Metadata
    public var type: ServiceType
    /// `spec.clusterIP` as written: an address, `None` for a headless Service, or nil when left out.
    public var clusterIP: String?
    public var clusterIPs: [String]
    public var ports: [Port]
    public var externalName: String?
    public var externalNameLine: SourceLine
    /// Whether Kubernetes chooses the endpoints; without a selector someone else writes them.
    public var hasSelector: Bool
    public var publishNotReadyAddresses: Bool
    public var sessionAffinity: SessionAffinity

    public init(
        metadata: Metadata, type: ServiceType = .clusterIP, clusterIP: String? = nil, clusterIPs: [String] = [],
        ports: [Port] = [], externalName: String? = nil, externalNameLine: SourceLine = SourceLine(),
        hasSelector: Bool = false, publishNotReadyAddresses: Bool = false,
        sessionAffinity: SessionAffinity = .none
    ) {
        self.metadata = metadata
        self.type = type
        self.clusterIP = clusterIP
        self.clusterIPs = clusterIPs
        self.ports = ports
        self.externalName = externalName
        self.externalNameLine = externalNameLine
        self.hasSelector = hasSelector
        self.publishNotReadyAddresses = publishNotReadyAddresses
        self.sessionAffinity = sessionAffinity
    }

    /// Whether the Service has no address of its own, only endpoints.
    public var isHeadless: Bool { type != .externalName && clusterIP == "None" }
}

/// The transport of a Service or endpoint port; only TCP is ever proxied.
public enum TransportProtocol: String, Sendable, Equatable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"
}
