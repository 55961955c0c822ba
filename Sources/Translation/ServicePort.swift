public import Kubernetes
public import Model

/// A port of a Service: what a backend in a manifest names. With an empty namespace, which no Service has, a port of
/// a host instead: a DNS name or a literal address.
public struct ServicePort: Sendable, Hashable {
    public var namespace: String
    public var service: String
    public var port: PortReference

    public init(namespace: String, service: String, port: PortReference) {
        self.namespace = namespace
        self.service = service
        self.port = port
    }

    /// A port of a host that isn't a Service.
    public static func host(_ name: String, port: Int) -> ServicePort {
        ServicePort(namespace: "", service: name, port: .number(port))
    }

    var isHost: Bool { namespace.isEmpty }

    /// For people.
    var name: String { isHost ? service : "\(key)" }

    var key: NamespacedName { NamespacedName(namespace: namespace, name: service) }

    /// The name that ingress-nginx gives the upstream, in logs and metrics.
    var usualID: UpstreamID { UpstreamID("\(namespace)-\(service)-\(port)") }

    /// A name that no other port of any Service has. Dashes occur inside the parts, so the usual name of
    /// `a-b/c` is that of `a/b-c` too; a slash and a colon occur in none of them.
    var unmistakableID: UpstreamID { UpstreamID(isHost ? "\(service):\(port)" : "\(namespace)/\(service):\(port)") }
}

/// A wish for an upstream, and what the object that wishes says about it. Requests are told apart by
/// identity: equal ones of two objects are two.
public final class UpstreamRequest: Sendable {
    /// Where an object names the backend.
    public enum Field: Sendable, CustomStringConvertible {
        /// In a path of a rule.
        case path(rule: Int32, path: Int32)
        case other(String)

        public var description: String {
            switch self {
            case .path(let rule, let path): "spec.rules[\(rule)].http.paths[\(path)].backend.service"
            case .other(let field): field
            }
        }
    }

    /// What the upstream is for.
    public enum Purpose: Sendable, Hashable {
        /// To serve requests of clients.
        case backend
        /// To be asked whether requests may pass. Nothing stands in for it, or anybody would be let in.
        case question
        /// To get copies of requests.
        case copy
    }

    public let target: ServicePort
    public let purpose: Purpose
    public let loadBalancing: LoadBalancing
    public let hashing: KeyHashing?
    /// The cookie that ties clients to endpoints, when the object wants one; without a secret.
    public let sessionCookie: SessionCookie?
    /// Send everything to the Service's own address and let the cluster balance (`service-upstream` in ingress-nginx).
    public let usesClusterAddress: Bool
    /// The age of the object that wishes.
    public let seniority: Seniority
    /// The place that names the backend.
    public let origin: Origin
    public let field: Field
    /// The upstream's name, unless an older request for another Service's port has it.
    public let usualID: UpstreamID

    public init(
        _ target: ServicePort, for purpose: Purpose = .backend, loadBalancing: LoadBalancing = .roundRobin,
        hashing: KeyHashing? = nil,
        sessionCookie: SessionCookie? = nil, usesClusterAddress: Bool = false, seniority: Seniority, origin: Origin,
        field: Field
    ) {
        self.target = target
        self.purpose = purpose
        self.loadBalancing = loadBalancing
        self.hashing = hashing
        self.sessionCookie = sessionCookie
        self.usesClusterAddress = usesClusterAddress
        self.seniority = seniority
        self.origin = origin
        self.field = field
        usualID = purpose.id(of: target)
    }
}

extension UpstreamRequest {
    /// What becomes of requests while the upstream has no endpoint, for people.
    var outcomeWithoutEndpoints: String {
        switch purpose {
        case .backend: "requests are answered 503"
        case .question: "requests are answered 500"
        case .copy: "no copies are sent"
        }
    }
}

extension UpstreamRequest.Purpose {
    /// Upstreams of different purposes are different, though their endpoints may be the same. A colon occurs in no
    /// part of a backend's name but before its port.
    fileprivate func id(of target: ServicePort) -> UpstreamID {
        switch self {
        case .backend: target.usualID
        case .question: UpstreamID("auth:\(target.unmistakableID)")
        case .copy: UpstreamID("mirror:\(target.unmistakableID)")
        }
    }
}
