import IngressDialect
import Model
import TestSupport
import Testing

/// Values that would end a line where they came out as they went in, on their way to every wire.
@Suite struct `A hostile value on the wire` {
    private static let values = [
        "a\r\nX-Injected: yes", "a\nX-Injected: yes", "/a\rX-Injected: yes", "a\u{0}b",
        "https://a.example/\r\nX-Injected:yes",
        "$request_uri\r\nX-Injected: $arg_x", "/$uri", "https://other.example$uri", "$arg_x$cookie_x$http_x",
        "X-A: \"b\r\nX-Injected: yes\"", "more_set_headers \"X-A: $uri $arg_x $cookie_x\";", "return 302 /x$uri;",
    ]

    private func isUnharmed(_ message: Message) -> Bool {
        message.fields.allSatisfy { field in
            field.name.lowercased() != "x-injected"
                && (field.name + field.value).utf8.allSatisfy { $0 != 0x0D && $0 != 0x0A && $0 != 0 }
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: AnnotationTable.ingressNginx.groups.flatMap(\.rows).map(\.name))
    func `brings no line of its own into any head, and leaves others alone`(name: String) throws {
        let fields = ["Set-Cookie: a=1; Domain=internal; Path=/one/", "Location: http://internal/x"]
        let web = try ScriptedOrigin(answering: "ok", fields: fields)
        let auth = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                let isRefused = request.target.contains("refuse") || request["X-Refuse"] != nil
                try connection.respond(
                    status: isRefused ? "401 No" : "200 OK", fields: ["X-User: a", "Set-Cookie: s=1"])
            }
        }
        let copies = try ScriptedOrigin(answering: "copied")
        let good = try ScriptedOrigin(answering: "good")
        var ingresses = [Manifests.ingress([:], name: "good", host: "good.example", service: "good")]
        for (number, value) in Self.values.enumerated() {
            let annotations = Companions.annotations(of: name).merging([name: value]) { $1 }
            ingresses.append(Manifests.ingress(annotations, name: "bad-\(number)", host: "bad-\(number).example"))
        }
        let gate = try Gate(
            manifests: ingresses, origins: ["web": [web], "auth": [auth], "copies": [copies], "good": [good]],
            configMap: ["allow-snippet-annotations": "true", "annotations-risk-level": "Critical"])
        for number in Self.values.indices {
            for refuse in [[], ["X-Refuse: yes"]] {
                let answer = try gate.request(
                    "/a%0d%0aX-Injected:%20yes?x=%0d%0aX-Injected:%20yes", host: "bad-\(number).example",
                    ["X: a%0d%0ab", "Cookie: x=%0d%0aX-Injected:yes; y=1", "Origin: https://a.example"] + refuse)
                #expect(isUnharmed(answer), "\(name): \(Self.values[number].debugDescription): \(answer)")
            }
        }
        for request in web.requests + auth.requests + copies.requests {
            #expect(isUnharmed(request), "\(name): \(request)")
        }
        #expect(try gate.request("/", host: "good.example").text == "good")
    }

    /// A match has a bounded number of steps. What it was for does not happen, or the request is answered 500.
    @Test(arguments: [
        ("proxy-cookie-path", "~^(a+)+$ /x"), ("proxy-cookie-domain", "~^(a+)+$ x"),
        ("proxy-redirect-from", "~^(a+)+$"), ("server-alias", "~^(a+)+$"), ("cors-allow-origin", "https://*.a.example"),
        ("rewrite-target", "/$1"), ("auth-tls-match-cn", "CN=(a+)+$"), ("canary-by-header-pattern", "(a+)+$"),
    ])
    func `that is a pattern without end costs its own requests alone`(name: String, value: String) throws {
        let evil = String(repeating: "a", count: 4000) + "b"
        let web = try ScriptedOrigin(
            answering: "ok", fields: ["Set-Cookie: a=1; Domain=\(evil); Path=\(evil)", "Location: \(evil)"])
        let good = try ScriptedOrigin(answering: "good")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(
                    ["proxy-redirect-to": "/x", "enable-cors": "true", name: value],
                    path: name == "rewrite-target" ? "/(a+)+$" : "/", pathType: "ImplementationSpecific"),
                Manifests.ingress([:], name: "good", host: "good.example", service: "good"),
            ], origins: ["web": [web], "good": [good]])
        let client = try gate.client()
        for host in ["shop.example", String(repeating: "a", count: 60) + "-.example"] {
            let answer = try client.request("/" + evil, host: host, ["Origin: https://\(evil)", "X-Canary: \(evil)"])
            #expect([200, 403, 404, 500, 503].contains(answer.status))
            if answer.status == 200 {
                #expect(answer["Set-Cookie"] == "a=1; Domain=\(evil); Path=\(evil)")
                #expect(answer["Location"] == evil)
            }
            #expect(try gate.request("/", host: "good.example").text == "good")
        }
    }
}
