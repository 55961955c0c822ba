import Linux
import Model
import Proxy
import Telemetry
import TestSupport
import Testing

/// A data plane in this process, on a port that the kernel chose, with a model made in the test.
///
/// Ends with its last reference: connections that are open then are cut. Writes an access log that nobody
/// reads unless a test gives one, because what is done for a line must not go wrong whatever is requested.
final class ProxyRig {
    let plane: DataPlane
    let metrics: Metrics
    private let log: AccessLog
    /// Origins that must live as long.
    var companions: [ScriptedOrigin] = []
    var port: UInt16 { plane.addresses[0].port }
    /// Where clients speak TLS.
    var securePort: UInt16 { plane.addresses[1].port }

    init(
        _ model: ProxyModel, workers: Int = 1, connectionsPerWorker: Int = 10_000, accessLog: AccessLog? = nil,
        logFormat: AccessLogFormat? = nil, reportFault: (@Sendable (UpstreamFault) -> Void)? = nil,
        http2: Bool = false
    ) throws {
        log = try accessLog ?? AccessLog(to: .file("/dev/null"), workers: workers) { Issue.record("\($0)") }
        metrics = Metrics(identity: MetricIdentity(release: "test"), workers: workers, accessLog: log)
        var configuration = DataPlane.Configuration(
            listeners: [
                ListenerAddress(address: SocketAddress(.loopbackV4, port: 0)),
                ListenerAddress(address: SocketAddress(.loopbackV4, port: 0), speaksTLS: true),
            ], workers: workers, connectionsPerWorker: connectionsPerWorker,
            logFormat: try logFormat ?? AccessLogFormat(AccessLogFormat.defaultText), reportFault: reportFault)
        configuration.acceptsCleartextHTTP2 = http2
        plane = try DataPlane(configuration, serving: model, metrics: metrics)
        #expect(plane.apply(model).isEmpty)
    }

    deinit { end() }

    /// Cuts off what is open and ends every thread.
    func end() {
        plane.drain(grace: .zero)
        log.stop()
    }

    /// A client that speaks HTTP/2; the rig must have been told that such come.
    func http2(settings: [(id: UInt16, value: UInt32)] = []) throws -> HTTP2Peer {
        try HTTP2Peer(toPort: port, settings: settings)
    }

    func client(receiveBuffer: Int? = nil) throws -> Client { try Client(toPort: port, receiveBuffer: receiveBuffer) }

    func secureClient(_ options: TLSOptions = TLSOptions()) throws -> Client {
        try Client(toPort: securePort, tls: options)
    }

    /// The answer to one request on a connection of its own.
    func request(
        _ target: String = "/", method: String = "GET", host: String? = "shop.example", version: String = "1.1",
        _ fields: [String] = [], body: String = ""
    ) throws -> Message {
        try client().request(target, method: method, host: host, version: version, fields, body: body)
    }

    /// The answer to raw bytes on a connection of its own, or nil when it was closed without one.
    func answer(to text: String, method: String = "GET") throws -> Message? {
        let client = try client()
        try client.send(text)
        do { return try client.response(to: method) } catch WireFault.ended { return nil }
    }

    /// The value of a sample of `/metrics`, summed over all whose name and labels contain `parts`.
    func metric(_ name: String, _ parts: String...) -> Int {
        var scrape = Scrape(metrics, now: .now())
        var total = 0
        while let piece = scrape.next() {
            for line in String(decoding: piece, as: UTF8.self).split(separator: "\n") {
                guard line.hasPrefix(name), parts.allSatisfy(line.contains), let value = line.split(separator: " ").last
                else { continue }
                total += Int(value) ?? 0
            }
        }
        return total
    }
}

/// Shorthand for models.
enum Given {
    static let upstream = UpstreamID("shop-web-80")

    static func endpoint(_ origin: ScriptedOrigin, weight: Int = 1) -> Endpoint {
        endpoint(origin.port, weight: weight)
    }

    static func endpoint(_ port: UInt16, weight: Int = 1) -> Endpoint {
        Endpoint(address: "127.0.0.1", port: port, weight: weight)
    }

    /// A model with one upstream that gets every request.
    static func model(
        _ endpoints: [Endpoint], balancing: LoadBalancing = .roundRobin, settings: Settings = Settings(),
        policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> ProxyModel {
        model(
            routes: [route(policy: change)],
            upstreams: [Upstream(id: upstream, endpoints: endpoints, loadBalancing: balancing, origin: .builtIn)],
            settings: settings)
    }

    /// A model in which every request goes to `origin`.
    static func model(
        _ origin: ScriptedOrigin, settings: Settings = Settings(),
        policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> ProxyModel {
        model([endpoint(origin)], settings: settings, policy: change)
    }

    /// A model with one host that takes every name.
    static func model(
        routes: [Route], upstreams: [Upstream], appRoot: AppRoot? = nil, defaultUpstream: UpstreamID? = nil,
        settings: Settings = Settings()
    ) -> ProxyModel {
        let model = ProxyModel(
            virtualHosts: [VirtualHost(name: .any, routes: routes, appRoot: appRoot, origin: .builtIn)],
            upstreams: upstreams.sorted { $0.id < $1.id }, defaultUpstream: defaultUpstream, settings: settings)
        #expect(model.faults() == [])
        return model
    }

    static func route(
        _ path: PathMatch = .prefix("/"), _ action: RouteAction = .forward(upstream),
        policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> Route {
        var policy = RoutePolicy()
        change(&policy)
        return Route(
            match: RouteMatch(path: path), action: action, policy: policy,
            labels: RouteLabels(
                namespace: "shop", object: "web-ingress", service: "web", servicePort: "80", path: "/", host: ""),
            origin: .builtIn)
    }

    static func upstream(_ name: String, _ endpoints: Endpoint...) -> Upstream {
        Upstream(id: UpstreamID(name), endpoints: endpoints, origin: .builtIn)
    }

    static func settings(_ change: (inout Settings) -> Void) -> Settings {
        var settings = Settings()
        change(&settings)
        return settings
    }
}
