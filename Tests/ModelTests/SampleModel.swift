import Model

/// A small model for the tests of what can be done with models.
enum Sample {
    static let origin = Origin(file: "shop.yaml", line: 3, kind: "Ingress", namespace: "shop", name: "web")

    static func route(_ match: PathMatch, to upstream: String = "shop-web-80") -> Route {
        Route(
            match: RouteMatch(path: match), action: .forward(UpstreamID(upstream)),
            labels: RouteLabels(namespace: "shop", object: "web"), origin: origin)
    }

    static func host(_ name: String, _ routes: [Route] = [route(.prefix("/"))]) -> VirtualHost {
        VirtualHost(name: .exact(name), routes: routes, origin: origin)
    }

    static func upstream(_ id: String, _ addresses: [String] = ["10.0.0.1"]) -> Upstream {
        Upstream(id: UpstreamID(id), endpoints: addresses.map { Endpoint(address: $0, port: 8080) }, origin: origin)
    }

    static let model = ProxyModel(
        virtualHosts: [host("a.example.com"), host("b.example.com")], upstreams: [upstream("shop-web-80")])
}
