/// A port by number or by name.
public enum PortReference: Sendable, Hashable, CustomStringConvertible {
    case number(Int)
    case name(String)

    public var description: String {
        switch self {
        case .number(let number): String(number)
        case .name(let name): name
        }
    }
}

/// `networking.k8s.io/v1` Ingress: which hosts and paths go to which Services.
public struct Ingress: KubernetesKind {
    public static let kind = ObjectKind.ingress

    /// Where matched requests go.
    public struct Backend: Sendable, Equatable {
        /// What a backend names.
        public enum Target: Sendable, Equatable {
            /// A Service of the Ingress's own namespace. The port is nil when the manifest leaves it out.
            case service(name: String, port: PortReference?)
            /// Another object of the namespace, such as a storage bucket.
            case resource(kind: String, name: String)
        }

        public var target: Target
        public var line: SourceLine

        public init(_ target: Target, line: SourceLine = SourceLine()) {
            self.target = target
            self.line = line
        }
    }

    /// How a path is compared with a request's path.
    public enum PathType: String, Sendable, Equatable, CaseIterable {
        case exact = "Exact"
        case prefix = "Prefix"
        case implementationSpecific = "ImplementationSpecific"
    }

    /// One entry of `spec.rules[].http.paths`.
    public struct Path: Sendable, Equatable {
        /// As written; nil when left out.
        public var path: String?
        public var type: PathType
        public var backend: Backend
        public var line: SourceLine

        public init(_ path: String?, type: PathType, backend: Backend, line: SourceLine = SourceLine()) {
            self.path = path
            self.type = type
            self.backend = backend
            self.line = line
        }
    }

    /// One entry of `spec.rules`.
    public struct Rule: Sendable, Equatable {
        /// As written; nil or empty means every host.
        public var host: String?
        public var paths: [Path]
        /// Whether the rule has an `http` part at all; one without it sends the host to the default backend.
        public var hasHTTP: Bool
        public var line: SourceLine

        public init(host: String?, paths: [Path], hasHTTP: Bool = true, line: SourceLine = SourceLine()) {
            self.host = host
            self.paths = paths
            self.hasHTTP = hasHTTP
            self.line = line
        }
    }

    /// One entry of `spec.tls`.
    public struct TLS: Sendable, Equatable {
        public var hosts: [String]
        public var secretName: String?
        public var line: SourceLine

        public init(hosts: [String], secretName: String?, line: SourceLine = SourceLine()) {
            self.hosts = hosts
            self.secretName = secretName
            self.line = line
        }
    }

    public var metadata: Metadata
    public var className: String?
    public var classNameLine: SourceLine
    public var defaultBackend: Backend?
    public var rules: [Rule]
    public var tls: [TLS]

    public init(
        metadata: Metadata, className: String? = nil, classNameLine: SourceLine = SourceLine(),
        defaultBackend: Backend? = nil, rules: [Rule] = [], tls: [TLS] = []
    ) {
        self.metadata = metadata
        self.className = className
        self.classNameLine = classNameLine
        self.defaultBackend = defaultBackend
        self.rules = rules
        self.tls = tls
    }
}
