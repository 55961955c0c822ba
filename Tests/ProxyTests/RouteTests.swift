import Model
import TestSupport
import Testing

@Suite struct `Answers without an origin` {
    @Test func `are 404 before there is a model and where nothing matches`() throws {
        #expect(try ProxyRig(ProxyModel()).request().status == 404)
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route(.exact("/only"))],
                upstreams: [Given.upstream("shop-web-80", Given.endpoint(origin))]))
        let client = try rig.client()
        let page = try client.request("/other")
        #expect(page.status == 404)
        #expect(page["Content-Type"] == "text/html")
        #expect(page["Content-Length"] == "\(page.body.count)")
        #expect(page.text.contains("<center><h1>404 Not Found</h1></center>"))
        #expect(page["Date"] != nil)
        let head = try client.request("/other", method: "HEAD")
        #expect(head.status == 404)
        #expect(head["Content-Length"] == "\(page.body.count)")
        #expect(try client.request("/only").text == "ok")
    }

    @Test(arguments: [301, 302, 308])
    func `are redirects where the route is one, whatever the method and body`(status: Int) throws {
        let edits = HeaderEdits(setOnResponse: [.init(name: "X-A", value: "1")])
        let rig = try ProxyRig(
            Given.model(
                routes: [
                    Given.route(.prefix("/"), .redirect(Redirect(status: status, location: "https://new.example/a"))) {
                        $0.headerEdits = edits
                    }
                ], upstreams: []))
        let client = try rig.client()
        for method in ["GET", "POST"] {
            let answer = try client.request("/old?q", method: method, ["Content-Length: 3"], body: "abc")
            #expect(answer.status == status)
            #expect(answer["Location"] == "https://new.example/a")
            #expect(answer["X-A"] == "1")
            #expect(answer.text.contains("\(status)"))
        }
    }

    @Test func `send the root to the application, and only the root`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route()], upstreams: [Given.upstream("shop-web-80", Given.endpoint(origin))],
                appRoot: AppRoot(path: "/app", origin: .builtIn)))
        let client = try rig.client()
        let answer = try client.request("/")
        #expect(answer.status == 302)
        #expect(
            answer["Location"] == "http://shop.example/app"
                || answer["Location"] == "http://shop.example:\(rig.port)/app")
        #expect(try client.request("/app").text == "ok")
    }

    @Test func `add the slash that a prefix asks for`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route(.prefix("/shop/"))],
                upstreams: [Given.upstream("shop-web-80", Given.endpoint(origin))]))
        let client = try rig.client()
        let answer = try client.request("/shop?a=b")
        #expect(answer.status == 301)
        #expect(answer["Location"]?.hasSuffix("/shop/?a=b") == true)
        #expect(try client.request("/shop/x").text == "ok")
        #expect(try client.request("/shopping").status == 404)
    }

    @Test func `refuse what the configuration forbids to serve`() throws {
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route(.prefix("/"), .refuse(status: 503, reason: "secret reason"))], upstreams: []))
        let answer = try rig.request()
        #expect(answer.status == 503)
        #expect(!answer.text.contains("secret"))
    }
}

@Suite struct `A route's rewrite` {
    @Test(arguments: [
        ("/api/v1/users?page=2", "/v1/users?page=2"), ("/api/", "/"), ("/api/a%20b/c", "/a%20b/c"),
        ("/other", "/other"),
    ])
    func `replaces the path by its groups and keeps the query`(target: String, sent: String) throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.target) }
        }
        let rig = try ProxyRig(
            Given.model(origin) { $0.rewrite = Rewrite(pattern: "^/api(/|$)(.*)", template: "/$2") })
        #expect(try rig.request(target).text == sent)
        #expect(origin.requests[0]["X-Forwarded-Host"] == "shop.example")
    }

    @Test func `is the same on every attempt`() throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            if connection.number > 0 { try connection.respond(request.target) }
        }
        let rig = try ProxyRig(
            Given.model(origin) { $0.rewrite = Rewrite(pattern: "^/api(/|$)(.*)", template: "/$2") })
        #expect(try rig.request("/api/x").text == "/x")
        #expect(origin.requests.map(\.target) == ["/x", "/x"])
    }
}

@Suite struct `A default backend` {
    @Test func `gets what no route matches`() throws {
        let web = try ScriptedOrigin(answering: "web")
        let fallback = try ScriptedOrigin(answering: "default")
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route(.prefix("/web"))],
                upstreams: [
                    Given.upstream("default-80", Given.endpoint(fallback)),
                    Given.upstream("shop-web-80", Given.endpoint(web)),
                ], defaultUpstream: UpstreamID("default-80")))
        let client = try rig.client()
        #expect(try client.request("/web").text == "web")
        #expect(try client.request("/else").text == "default")
    }

    @Test func `of a route serves while its own upstream has no endpoint, and is told why`() throws {
        let fallback = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("sorry", status: "418 Teapot") }
        }
        let rig = try ProxyRig(
            Given.model(
                routes: [Given.route { $0.fallback = Fallback(upstream: UpstreamID("fallback-80")) }],
                upstreams: [Given.upstream("fallback-80", Given.endpoint(fallback)), Given.upstream("shop-web-80")]))
        let answer = try rig.request("/x?y", ["X-Code: 200", "Accept: text/plain"])
        #expect(answer.status == 418)
        #expect(answer.text == "sorry")
        let request = fallback.requests[0]
        #expect(request.target == "/x?y")
        #expect(request.values("X-Code") == ["503"])
        #expect(request["X-Namespace"] == "shop")
        #expect(request["X-Ingress-Name"] == "web-ingress")
        #expect(request["X-Service-Name"] == "web")
        #expect(request["X-Service-Port"] == "80")
        #expect(request.values("X-Request-ID").count == 1)
    }
}
