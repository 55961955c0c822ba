import Filters
import Model
import Testing

@Suite struct `Filter check` {
    static func faults(
        _ route: Route = Given.route(), appRoot: String? = nil, _ change: (inout Settings) -> Void = { _ in }
    ) -> [String] {
        var settings = Settings()
        change(&settings)
        let host = VirtualHost(
            name: .any, routes: [route], appRoot: appRoot.map { AppRoot(path: $0, origin: .builtIn) },
            origin: .builtIn)
        return FilterCheck.diagnostics(ProxyModel(virtualHosts: [host], settings: settings)).map(\.fault)
    }

    @Test func `finds nothing in what can be served`() {
        let route = Given.route {
            $0.rewrite = Rewrite(pattern: "/a(.*)", template: "/$1")
            $0.hostOverride = HostOverride(template: "$service_name.$namespace")
            $0.headerEdits = HeaderEdits(setOnResponse: [.init(name: "X-A", value: "b")])
            $0.fallback = Fallback(upstream: UpstreamID("x"))
        }
        #expect(Self.faults(route, appRoot: "/app").isEmpty)
    }

    @Test func `names what can't be compiled`() {
        let override = Given.route { $0.hostOverride = HostOverride(template: "$nope") }
        #expect(Self.faults(override) == ["the variable $nope isn't known"])
        let edits = Given.route { $0.headerEdits = HeaderEdits(setOnResponse: [.init(name: "Connection", value: "x")]) }
        #expect(Self.faults(edits).count == 1)
        let redirect = Given.route(.prefix("/"), .redirect(Redirect(status: 200, location: "/x")))
        #expect(Self.faults(redirect) == ["200 is not a redirect; write 300 to 308"])
        #expect(Self.faults(appRoot: "app") == ["\"app\" is not an absolute path"])
    }

    @Test func `says the same of a host that stays as it is, whatever comes and goes beside it`() {
        let broken = VirtualHost(
            name: .exact("m"), routes: [Given.route { $0.hostOverride = HostOverride(template: "$nope") }],
            origin: .builtIn)
        let others = ["a", "z"].map { VirtualHost(name: .exact($0), routes: [Given.route()], origin: .builtIn) }
        var mended = broken
        mended.routes = [Given.route()]
        var check = FilterCheck()
        for (hosts, count) in [
            ([broken], 1), ([others[0], broken], 1), ([others[0], broken, others[1]], 1), (others, 0), ([broken], 1),
            ([others[0], mended], 0), ([broken, others[1]], 1),
        ] {
            #expect(check.diagnostics(ProxyModel(virtualHosts: hosts)).count == count)
        }
    }

    @Test func `looks at the settings too`() {
        #expect(Self.faults { $0.forwarding.trustedHops = ["10.0.0.0/99"] }.count == 1)
        #expect(Self.faults { $0.response.hiddenFields = ["a b"] }.count == 1)
    }
}
