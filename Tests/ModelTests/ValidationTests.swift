import Model
import Testing

@Suite struct `Model validation` {
    /// A fault and the way a model gets it.
    struct Breach: CustomTestStringConvertible {
        let fault: String
        let commit: @Sendable (inout ProxyModel) -> Void
        var testDescription: String { fault }

        init(_ fault: String, _ commit: @escaping @Sendable (inout ProxyModel) -> Void) {
            self.fault = fault
            self.commit = commit
        }
    }

    static let breaches: [Breach] = [
        Breach("twice or out of order") { $0.virtualHosts.append($0.virtualHosts[0]) },
        Breach("twice or out of order") { $0.virtualHosts.swapAt(0, 1) },
        Breach("twice or out of order") { $0.upstreams.append($0.upstreams[0]) },
        Breach("is no host name") { $0.virtualHosts[1].name = .exact("b.Example.com") },
        Breach("is no host name") { $0.virtualHosts[1].name = .wildcard("") },
        Breach("is no host name or pattern") { $0.virtualHosts[0].aliases = [.exact("a b")] },
        Breach("is no absolute path") { $0.virtualHosts[0].appRoot = AppRoot(path: "x", origin: .builtIn) },
        Breach("is no absolute path") { $0.virtualHosts[0].routes[0].match.path = .prefix("") },
        Breach("is no absolute path") { $0.virtualHosts[0].routes[0].match.path = .exact("/a\n") },
        Breach("longer than") {
            $0.virtualHosts[0].routes[0].match.path = .regex(String(repeating: "a", count: 5000), ignoringCase: true)
        },
        Breach("does not exist") { $0.upstreams = [] },
        Breach("does not exist") { $0.defaultUpstream = UpstreamID("x") },
        Breach("does not exist") {
            $0.virtualHosts[0].routes[0].policy.fallback = Fallback(upstream: UpstreamID("x"))
        },
        Breach("has status 200") {
            $0.virtualHosts[0].routes[0].action = .redirect(Redirect(status: 200, location: "/"))
        },
        Breach("control bytes") {
            $0.virtualHosts[0].routes[0].action = .redirect(Redirect(status: 301, location: "/\r\nX: y"))
        },
        Breach("refuses with status") { $0.virtualHosts[0].routes[0].action = .refuse(status: 200, reason: "") },
        Breach("control bytes") {
            $0.virtualHosts[0].routes[0].policy.rewrite = Rewrite(pattern: "/", template: "/\u{0}")
        },
        Breach("is empty") { $0.virtualHosts[0].routes[0].policy.hostOverride = HostOverride(template: "") },
        Breach("token") {
            $0.virtualHosts[0].routes[0].policy.headerEdits = HeaderEdits(setOnResponse: [.init(name: "a b", value: "")]
            )
        },
        Breach("control bytes") {
            $0.virtualHosts[0].routes[0].policy.headerEdits = HeaderEdits(setOnResponse: [.init(name: "a", value: "\n")]
            )
        },
        Breach("not all positive") { $0.virtualHosts[0].routes[0].policy.timeouts.read = .zero },
        Breach("negative limit") { $0.virtualHosts[0].routes[0].policy.retry.tries = -1 },
        Breach("negative time") {
            $0.virtualHosts[0].routes[0].policy.clientKeepAlive = ClientKeepAlive(timeout: .seconds(-1))
        },
        Breach("is negative") { $0.virtualHosts[0].routes[0].policy.bodyLimits.requestBytes = -1 },
        Breach("has no port") { $0.upstreams[0].endpoints[0].port = 0 },
        Breach("has no weight") { $0.upstreams[0].endpoints[0].weight = 0 },
        Breach("no literal address") { $0.upstreams[0].endpoints[0].address = "web.local;" },
        Breach("holds an endpoint twice") { $0.upstreams[0].endpoints.append($0.upstreams[0].endpoints[0]) },
        Breach("client timeout") { $0.settings.client.headerTimeout = .zero },
        Breach("leave no room") { $0.settings.client.headerCount = 0 },
        Breach("out of range") { $0.settings.upstream.idleConnections = -1 },
    ]

    @Test func `finds nothing wrong with a good model`() {
        #expect(Sample.model.faults().isEmpty)
        #expect(ProxyModel().faults().isEmpty)
    }

    @Test(arguments: breaches)
    func `finds each fault, alone and beside a good model`(breach: Breach) {
        var model = Sample.model
        breach.commit(&model)
        #expect(model.faults().contains { "\($0)".contains(breach.fault) }, "\(model.faults())")
        #expect(model.faults(beside: Sample.model).contains { "\($0)".contains(breach.fault) })
    }

    @Test func `takes a model beside any other good one`() {
        var other = Sample.model
        other.virtualHosts.insert(Sample.host("aa.example.com"), at: 1)
        other.upstreams.insert(Sample.upstream("shop-a-80"), at: 0)
        #expect(other.faults(beside: Sample.model).isEmpty)
        #expect(Sample.model.faults(beside: other).isEmpty)
        #expect(ProxyModel().faults(beside: other).isEmpty)
    }
}
