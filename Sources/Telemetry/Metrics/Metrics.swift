internal import Synchronization

/// Who is measured: the labels that every series carries, and the build.
public struct MetricIdentity: Sendable {
    public var namespace: String
    public var controllerClass: String
    public var pod: String
    public var release: String
    public var build: String

    public init(
        namespace: String = "", controllerClass: String = "k8s.io/ingress-nginx", pod: String = "", release: String,
        build: String = ""
    ) {
        self.namespace = namespace
        self.controllerClass = controllerClass
        self.pod = pod
        self.release = release
        self.build = build
    }
}

/// Everything that is counted, for the life of the process.
///
/// Workers write to their own shards through `WorkerMetrics`; a `Scrape` adds the shards up.
public final class Metrics: Sendable {
    public let identity: MetricIdentity
    public let registry: MetricRegistry
    public let controller: ControllerMetrics
    /// One for each worker.
    public let shards: [MetricShard]
    /// The access log, whose losses are metrics.
    public let accessLog: AccessLog?

    public init(
        identity: MetricIdentity, workers: Int, registry: MetricRegistry = MetricRegistry(),
        accessLog: AccessLog? = nil, controller: ControllerMetrics = ControllerMetrics()
    ) {
        self.identity = identity
        self.controller = controller
        self.registry = registry
        self.accessLog = accessLog
        shards = (0..<workers).map { _ in MetricShard() }
    }
}
