import Model
import Testing

@Suite struct `Model diff` {
    @Test func `of equal models is empty`() {
        let diff = ModelDiff(from: Sample.model, to: Sample.model)
        #expect(diff.isEmpty)
        #expect(diff.description == "no change in effect")
    }

    @Test func `counts what was added and removed`() {
        var new = Sample.model
        new.virtualHosts.remove(at: 0)
        new.virtualHosts[0].routes += [Sample.route(.prefix("/x")), Sample.route(.exact("/y"))]
        new.upstreams.append(Sample.upstream("shop-z-80"))
        let diff = ModelDiff(from: Sample.model, to: new)
        #expect(diff.description == "-1 host, +2 routes, -1 route, +1 upstream")
        #expect(diff.changes.allSatisfy { $0.origin == Sample.origin })
    }

    @Test func `says how an upstream's endpoints changed`() {
        var new = Sample.model
        new.upstreams = [Sample.upstream("shop-web-80", ["10.0.0.1", "10.0.0.2"])]
        #expect(
            ModelDiff(from: Sample.model, to: new).description == "~1 upstream (shop-web-80 endpoints 1→2)")
    }

    @Test func `says where a route leads instead`() {
        var new = Sample.model
        new.virtualHosts[0].routes[0].action = .redirect(Redirect(status: 301, location: "/x"))
        #expect(
            ModelDiff(from: Sample.model, to: new).description
                == "~1 route (a.example.com prefix / shop-web-80 → 301 /x)")
    }

    @Test func `names three changes and no more`() {
        var old = ProxyModel()
        old.virtualHosts = ["a", "b", "c", "d"].map { Sample.host($0) }
        var new = old
        for index in new.virtualHosts.indices { new.virtualHosts[index].routes[0].policy.bodyLimits.requestBytes = 1 }
        #expect(
            ModelDiff(from: old, to: new).description == "~4 routes (a prefix /; b prefix /; c prefix /; …)")
    }

    @Test func `does not mind that something moved in its file`() {
        var new = Sample.model
        new.virtualHosts[0].origin.line = 99
        new.virtualHosts[0].routes[0].origin.line = 99
        new.upstreams[0].origin.line = 99
        #expect(new != Sample.model)
        #expect(ModelDiff(from: Sample.model, to: new).isEmpty)
    }

    @Test func `sees hosts, settings and the default upstream change`() {
        var new = Sample.model
        new.virtualHosts[1].aliases = [.exact("x")]
        new.settings.client.keepAliveRequests = 7
        new.defaultUpstream = UpstreamID("shop-web-80")
        #expect(
            ModelDiff(from: Sample.model, to: new).description
                == "~1 host (b.example.com), ~default upstream (shop-web-80), ~settings (keep-alive-requests 7)")
    }

    @Test func `tells routes with the same match apart by their order`() {
        var old = Sample.model
        old.virtualHosts[0].routes = [Sample.route(.prefix("/"), to: "u"), Sample.route(.prefix("/"), to: "v")]
        var new = old
        new.virtualHosts[0].routes.remove(at: 0)
        #expect(ModelDiff(from: old, to: new).changes.map(\.kind) == [.changed, .removed])
    }
}
