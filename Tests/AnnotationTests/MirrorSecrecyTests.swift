import TestSupport
import Testing

/// What copies of requests hold that their senders or backends may not share with whoever gets them.
@Suite struct `A copy of a request` {
    private static let password = "Basic YW5uOnMzY3JldA=="

    /// A shop that asks for a password or a service's leave, and what it and the service for copies got of one request.
    private static func copy(
        _ annotations: [String: String], _ fields: [String], configMap: [String: String] = [:]
    ) throws -> (request: Message, copy: Message) {
        let (backend, shadow) = (try ScriptedOrigin(answering: "shop"), try ScriptedOrigin(answering: "copy"))
        let auth = try ScriptedOrigin(answering: "", fields: ["X-User: ann"])
        var all = annotations
        all["mirror-target"] = "http://shadow.shop.svc$request_uri"
        let gate = try Gate(
            all, origins: ["web": [backend], "shadow": [shadow], "auth": [auth]], configMap: configMap,
            also: Manifests.secret("users", ["auth": "ann:{PLAIN}s3cret"]))
        #expect(try gate.request("/", fields).status == 200)
        let copy = try #require(try shadow.waitForRequests(1).first)
        #expect(gate.metric("gatehouse_mirror_requests_total") == 1)
        return (try #require(backend.requests.first), copy)
    }

    @Test func `goes without the password that the path asks for`() throws {
        let got = try Self.copy(
            ["auth-type": "basic", "auth-secret": "users"], ["Authorization: \(Self.password)", "Cookie: a=b"])
        #expect(got.request["Authorization"] == nil)
        #expect(got.copy["Authorization"] == nil)
        #expect(got.copy["Cookie"] == "a=b")
    }

    @Test func `has what is between the client and the backend`() throws {
        let got = try Self.copy([:], ["Authorization: Bearer abc"])
        #expect(got.request["Authorization"] == "Bearer abc")
        #expect(got.copy["Authorization"] == "Bearer abc")
    }

    @Test func `says nothing that no client may say to a backend`() throws {
        let claims = [
            "X-User: admin", "ssl-client-verify: SUCCESS", "ssl-client-cert: x", "X-Real-IP: 10.0.0.1",
            "Forwarded: for=x",
            "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: https", "X-Original-URI: /evil",
            "X-Auth-Request-Redirect: /",
        ]
        let got = try Self.copy(
            ["auth-url": "http://auth.shop.svc/", "auth-response-headers": "X-User"], claims + ["X-Own: 1"])
        #expect(got.request.values("X-User") == ["ann"])
        for claim in claims {
            let name = String(claim.prefix { $0 != ":" })
            #expect(got.copy[name] == nil, "\(name)")
        }
        #expect(got.copy["X-Own"] == "1")
    }

    @Test func `says what a trusted hop has said`() throws {
        let got = try Self.copy(
            [:], ["X-Forwarded-For: 10.0.0.1", "ssl-client-verify: SUCCESS"],
            configMap: ["use-forwarded-headers": "true"])
        #expect(got.copy["X-Forwarded-For"] == "10.0.0.1")
        #expect(got.copy["ssl-client-verify"] == nil)
    }
}
