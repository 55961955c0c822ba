import TestSupport
import Testing

/// Fields that a backend takes the proxy's word for are never the client's, in whatever guise.
@Suite struct `Fields that the proxy vouches for` {
    private static let underscores = ["enable-underscores-in-headers": "true"]

    @Test func `are not shadowed by names with an underscore`() throws {
        let scene = try AuthScene(
            ["auth-response-headers": "X-User, X-Role"], fields: ["X-User: ann"], configMap: Self.underscores)
        let claims = ["X_User: admin", "x_role: admin", "X-Role: admin", "X_Users: kept"]
        #expect(try scene.gate.request("/", claims).status == 200)
        let request = try #require(scene.backend.requests.first)
        #expect(request.values("X-User") == ["ann"])
        #expect(request["X_User"] == nil && request["x_role"] == nil && request["X-Role"] == nil)
        #expect(request["X_Users"] == "kept")
    }

    @Test func `of a snippet are not shadowed either`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            "proxy_set_header X-Team blue;", origin: origin, configMap: Self.underscores)
        #expect(try gate.request("/", ["X_Team: red", "X-Team: red", "x_TEAM: red"]).status == 200)
        let request = try #require(origin.requests.first)
        #expect(request.values("X-Team") == ["blue"] && request["X_Team"] == nil)
    }

    @Test func `are not the client's where the service is not asked`() throws {
        let scene = try AuthScene([
            "auth-response-headers": "X-User", "satisfy": "any", "allowlist-source-range": "127.0.0.0/8",
        ])
        #expect(try scene.gate.request("/", ["X-User: admin"]).status == 200)
        #expect(scene.auth.requests.isEmpty)
        #expect(try #require(scene.backend.requests.first)["X-User"] == nil)
    }

    @Test func `are no trailers of the client's`() throws {
        let scene = try AuthScene(
            ["auth-response-headers": "X-User", "proxy-request-buffering": "off"], fields: ["X-User: ann"])
        let client = try scene.gate.client()
        try client.send(
            "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nab\r\n0\r\nX-User: admin\r\nX-Sum: 1\r\n\r\n")
        #expect(try client.response(to: "POST").status == 200)
        let request = try #require(scene.backend.requests.first)
        #expect(request.values("X-User") == ["ann"])
        #expect(request.trailers.map(\.name) == ["X-Sum"])
    }

    @Test func `of a snippet are no trailers of the client's`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try `configuration-snippet`.gate(
            "proxy_set_header X-Team blue;", origin: origin, and: ["proxy-request-buffering": "off"])
        let client = try gate.client()
        try client.send(
            "POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\nab\r\n0\r\nX-Team: red\r\nX-Sum: 1\r\n\r\n")
        #expect(try client.response(to: "POST").status == 200)
        #expect(try #require(origin.requests.first).trailers.map(\.name) == ["X-Sum"])
        #expect(gate.diagnostics.isEmpty)
    }
}
