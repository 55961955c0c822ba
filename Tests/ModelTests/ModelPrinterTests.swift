import Model
import Testing

@Suite struct `Model printer` {
    @Test func `prints only what differs from a default`() {
        #expect(
            ModelPrinter(showsOrigins: false).text(of: Sample.model) == """
                host a.example.com
                  prefix / -> shop-web-80
                host b.example.com
                  prefix / -> shop-web-80
                upstream shop-web-80
                  10.0.0.1:8080

                """)
    }

    @Test func `says where each part is written`() {
        var model = ProxyModel()
        model.upstreams = [Sample.upstream("u")]
        #expect(ModelPrinter().text(of: model) == "upstream u  # shop.yaml:3: Ingress shop/web\n  10.0.0.1:8080\n")
    }

    @Test func `prints every policy, host and upstream setting`() {
        var route = Sample.route(.regex("/a(.*)", ignoringCase: true))
        route.policy.rewrite = Rewrite(pattern: "/a(.*)", template: "/$1")
        route.policy.hostOverride = HostOverride(template: "$host")
        route.policy.bodyLimits.requestBytes = nil
        route.policy.clientKeepAlive = ClientKeepAlive(timeout: .seconds(30), announcedSeconds: 20)
        route.policy.timeouts.read = .milliseconds(1500)
        route.policy.retry = Retry(conditions: [.error, .status502], tries: 0, timeout: .seconds(5))
        route.policy.fallback = Fallback(upstream: UpstreamID("sorry"))
        route.policy.headerEdits = HeaderEdits(setOnResponse: [.init(name: "X-A", value: "b")])
        var host = Sample.host("a.example.com", [route])
        host.ranking = .listed
        host.aliases = [.exact("b"), .leadingWildcard("c"), .trailingWildcard("d"), .regex("e")]
        host.appRoot = AppRoot(path: "/app", origin: Sample.origin)
        var upstream = Sample.upstream("u", ["::1"])
        upstream.loadBalancing = .ewma
        upstream.affinity = .clientAddress(timeout: .seconds(9))
        upstream.isDemonstration = true
        upstream.endpoints[0].weight = 3
        let empty = Sample.upstream("v", [])
        var model = ProxyModel(virtualHosts: [host], upstreams: [upstream, empty], defaultUpstream: UpstreamID("u"))
        model.settings.client.keepAliveTimeout = .seconds(9)
        #expect(
            ModelPrinter(showsOrigins: false).text(of: model) == """
                host a.example.com
                  alias b
                  alias *.c
                  alias d.*
                  alias ~e
                  in listed order
                  / redirects to /app
                  regex /a(.*) (any case) -> shop-web-80
                    body limit none
                    rewrite to /$1 where /a(.*)
                    host for the upstream $host
                    connection of the client kept for 30s, told 20s
                    timeouts connect 5s, send 60s, read 1500ms
                    retry on error http_502, every endpoint within 5s
                    fallback sorry
                    response header X-A: b
                upstream u
                  balanced ewma
                  affinity by client address for 9s
                  demonstration
                  [::1]:8080 weight 3
                upstream v
                  no endpoints
                default u
                setting keep-alive 9s

                """)
    }

    @Test func `keeps one value on one line`() {
        var model = Sample.model
        model.virtualHosts = [Sample.host("a", [Sample.route(.exact("/a\nhost evil\u{7F}"))])]
        let text = ModelPrinter(showsOrigins: false).text(of: model)
        #expect(text.contains("exact /a\\nhost evil\\u{7F} -> shop-web-80\n"))
    }

    @Test func `names each setting that differs, once`() {
        var settings = Settings()
        #expect(settings.lines.isEmpty)
        settings.forwarding.trustedHops = ["10.0.0.0/8", "::1"]
        settings.response.passesServerField = true
        #expect(
            settings.lines == ["proxy-real-ip-cidr 10.0.0.0/8, ::1", "allow-backend-server-header true"])
    }
}
