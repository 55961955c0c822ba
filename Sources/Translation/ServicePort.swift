public import Kubernetes
public import Model

/// A port of a Service: what a backend in a manifest names.
public struct ServicePort: Sendable, Hashable {
    public var namespace: String
    public var service: String
    public var port: PortReference

    public init(namespace: String, service: String, port: PortReference) {
        self.namespace = namespace
        self.service = service
        self.port = port
    }

    var key: NamespacedName { NamespacedName(namespace: namespace, name: service) }

    /// The name that ingress-nginx gives the upstream, in logs and metrics.
    var usualID: UpstreamID { UpstreamID("\(namespace)-\(service)-\(port)") }

    /// A name that no other port of any Service has. Dashes occur inside the parts, so the usual name of
    /// `a-b/c` is that of `a/b-c` too; a slash and a colon occur in none of them.
    var unmistakableID: UpstreamID { UpstreamID("\(namespace)/\(service):\(port)") }
}

/// A wish for an upstream, and what the object that wishes says about it.
public struct UpstreamRequest: Sendable, Hashable {
    public var target: ServicePort
    public var loadBalancing: LoadBalancing
    /// Send everything to the Service's own address and let the cluster balance (`service-upstream` in ingress-nginx).
    public var usesClusterAddress: Bool
    /// The place that names the backend.
    public var origin: Origin
    /// The field that names the backend.
    public var field: String
    /// The upstream's name, unless another Service's port has it.
    public let usualID: UpstreamID

    public init(
        _ target: ServicePort, loadBalancing: LoadBalancing = .roundRobin, usesClusterAddress: Bool = false,
        origin: Origin, field: String
    ) {
        self.target = target
        self.loadBalancing = loadBalancing
        self.usesClusterAddress = usesClusterAddress
        self.origin = origin
        self.field = field
        usualID = target.usualID
    }
}
