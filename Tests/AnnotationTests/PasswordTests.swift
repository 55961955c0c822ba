import Foundation
import Model
import Passwords
import TestSupport
import Testing

/// `auth-type: basic` with its Secret.
@Suite struct `Basic authentication` {
    static func users(_ data: [String: String], name: String = "users") -> String { Manifests.secret(name, data) }

    static let basic = ["auth-type": "basic", "auth-secret": "users", "auth-realm": "Shop 1"]

    /// The field that a browser sends.
    static func login(_ text: String) -> String { "Authorization: Basic \(Data(text.utf8).base64EncodedString())" }

    @Test(
        .shows(effectOf: "auth-type", "auth-secret", "auth-realm"), .shows(defaultOf: "auth-secret-type"),
        arguments: [
            "{PLAIN}secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0",
            "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
            "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
            "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", "abNANd1rDfiNc",
        ])
    func `lets in who knows the password, in each form that it may be stored in`(stored: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(Self.basic, origin: origin, also: Self.users(["auth": "anna:\(stored)\n"]))
        #expect(gate.diagnostics.isEmpty)
        let client = try gate.client()
        for (login, status) in [("anna:secret", 200), ("anna:wrong", 401), ("bert:secret", 401), ("anna:secret", 200)] {
            #expect(try client.request("/", [Self.login(login)]).status == status)
        }
        #expect(origin.requests.count == 2)
    }

    @Test func `asks for a password with the realm, and forwards nothing of it`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            Self.basic, origin: origin, also: Self.users(["auth": "anna:{SHA}pv2GBvjxKnVBICqTPkoqmG/ZwaE="]))
        let refused = try gate.request()
        #expect(refused.status == 401)
        #expect(refused.values("WWW-Authenticate") == ["Basic realm=\"Shop 1\""])
        #expect(refused.text.contains("401 Authorization Required"))
        #expect(try gate.request("/", [Self.login("anna:se:cret"), "X-Other: 1"]).status == 200)
        #expect(origin.requests.count == 1)
        #expect(origin.requests.count == 1 && origin.requests.first?["Authorization"] == nil)
        #expect(origin.requests.first?["X-Other"] == "1")
    }

    /// `off` is a word of nginx's configuration, where it would let everybody in.
    @Test(
        .shows(defaultOf: "auth-realm"),
        arguments: [(nil, ""), ("off", "off"), ("Shop", "Shop")] as [(String?, String)])
    func `has no realm by default, and none that lets everybody in`(realm: String?, shown: String) throws {
        var annotations = ["auth-type": "basic", "auth-secret": "users"]
        annotations["auth-realm"] = realm
        let gate = try Gate(
            annotations, origin: ScriptedOrigin(answering: "ok"), also: Self.users(["auth": "anna:{PLAIN}secret"]))
        let refused = try gate.request()
        #expect(refused.status == 401 && refused.values("WWW-Authenticate") == ["Basic realm=\"\(shown)\""])
        #expect(try gate.request("/", [Self.login("anna:secret")]).status == 200)
    }

    @Test(.shows(defaultOf: "auth-type"))
    func `is off by default, and then forwards what clients send`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["auth-secret": "users", "auth-realm": "x"], origin: origin)
        #expect(try gate.request("/", [Self.login("a:b")]).status == 200)
        #expect(origin.requests.first?["Authorization"] != nil)
    }

    @Test(arguments: [
        "Authorization: Basic", "Authorization: Basic !!!", "Authorization: Bearer YW5uYTpzZWNyZXQ=",
        "Authorization: Basic YW5uYQ==", "Authorization: YW5uYTpzZWNyZXQ=",
        "Authorization: Basic YW5uYTpzZWNyZXQ=\r\nAuthorization: Basic YW5uYTpzZWNyZXQ=",
        "Authorization: Basic \(String(repeating: "QUJD", count: 1000))",
    ])
    func `refuses what is no user name with a password`(field: String) throws {
        let gate = try Gate(
            Self.basic, origin: ScriptedOrigin(answering: "ok"), also: Self.users(["auth": "anna:{PLAIN}secret"]))
        #expect(try gate.request("/", [field]).status == 401)
    }

    @Test func `takes the scheme in any case`() throws {
        let gate = try Gate(
            Self.basic, origin: ScriptedOrigin(answering: "ok"), also: Self.users(["auth": "anna:{PLAIN}secret"]))
        #expect(try gate.request("/", ["authorization: bASIC YW5uYTpzZWNyZXQ="]).status == 200)
    }

    @Test func `reads files with comments, blanks and further columns, and takes the first of a name`() throws {
        let file = "# people\n\n  anna:{PLAIN}one:Anna A.\r\nbert:{PLAIN}two\nanna:{PLAIN}three\n"
        let gate = try Gate(Self.basic, origin: ScriptedOrigin(answering: "ok"), also: Self.users(["auth": file]))
        for (login, status) in [("anna:one", 200), ("bert:two", 200), ("anna:three", 401), ("# people:", 401)] {
            #expect(try gate.request("/", [Self.login(login)]).status == status)
        }
    }

    @Test(.shows(effectOf: "auth-secret-type"))
    func `reads a Secret whose keys are names`() throws {
        let gate = try Gate(
            Self.basic.merging(["auth-secret-type": "auth-map"]) { $1 }, origin: ScriptedOrigin(answering: "ok"),
            also: Self.users(["anna": "{PLAIN}one\n", "bert": "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="]))
        for (login, status) in [("anna:one", 200), ("bert:secret", 200), ("carl:one", 401)] {
            #expect(try gate.request("/", [Self.login(login)]).status == status)
        }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        var annotations: [String: String]
        var secrets: String = ""
        var about: String
        var testDescription: String { "\(annotations)" }
    }

    static let mistakes = [
        Mistake(annotations: ["auth-type": "basic"], about: "auth-type"),
        Mistake(annotations: ["auth-type": "basic", "auth-secret": "none"], about: "auth-secret"),
        Mistake(
            annotations: ["auth-type": "basic", "auth-secret": "other/users"],
            secrets: Manifests.secret("users", namespace: "other", ["auth": "a:{PLAIN}b"]), about: "auth-secret"),
        Mistake(
            annotations: ["auth-type": "basic", "auth-secret": "users"],
            secrets: Manifests.secret("users", ["passwords": "a:{PLAIN}b"]), about: "auth-secret"),
        Mistake(annotations: ["auth-type": "kerberos", "auth-secret": "users"], about: "auth-type"),
        Mistake(annotations: ["auth-type": "basic", "auth-secret": "a/b/c"], about: "auth-secret"),
        Mistake(annotations: ["auth-type": "basic", "auth-secret": "us ers\n"], about: "auth-secret"),
        Mistake(
            annotations: ["auth-type": "basic", "auth-secret": "users", "auth-secret-type": "file"],
            about: "auth-secret-type"),
        Mistake(
            annotations: ["auth-type": "basic", "auth-secret": "users", "auth-realm": "a\"\r\nX: {}$\u{0}"],
            about: "auth-realm"),
        Mistake(
            annotations: [
                "auth-type": "basic", "auth-secret": "users", "auth-realm": String(repeating: "x", count: 1 << 20),
            ], about: "auth-realm"),
    ]

    @Test(
        .shows(defaultOf: "auth-secret"),
        .shows(badValueOf: "auth-type", "auth-secret", "auth-secret-type", "auth-realm"), arguments: mistakes)
    func `closes an Ingress whose users can't be known`(given: Mistake) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            manifests: [
                Manifests.ingress(given.annotations), Manifests.ingress([:], name: "other", host: "other.example"),
                given.secrets,
            ], origins: ["web": [origin]])
        #expect(try gate.request("/", [Self.login("a:b")]).status == 503)
        #expect(gate.diagnostics.contains { $0.severity == .rejected && $0.field.contains("/\(given.about)]") })
        #expect(try gate.request(host: "other.example").status == 200)
    }

    @Test func `locks out users whose stored password can't be used, and says nothing of it`() throws {
        let file = "anna:$2y$15$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\nbert:hunter2\ncarl:{PLAIN}ok\n"
        let gate = try Gate(Self.basic, origin: ScriptedOrigin(answering: "ok"), also: Self.users(["auth": file]))
        for (login, status) in [("anna:secret", 401), ("bert:hunter2", 401), ("carl:ok", 200)] {
            #expect(try gate.request("/", [Self.login(login)]).status == status)
        }
        let faults = gate.faults(about: "auth-secret")
        #expect(faults.count == 2)
        #expect(faults.allSatisfy { !$0.contains("hunter2") && !$0.contains("abcdefgh") })
        let printed = ModelPrinter().text(of: gate.model)
        #expect(printed.contains("password for realm \"Shop 1\" for 1 user"))
        #expect(!printed.contains("{PLAIN}") && !printed.contains("carl"))
    }

    @Test func `locks out a user whose name is no UTF-8, and says so`() throws {
        let file = Data(Array("j".utf8) + [0xF6] + Array("rg:{PLAIN}one\nanna:{PLAIN}two\n".utf8))
        let secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: users, namespace: shop}
            data: {auth: \(file.base64EncodedString())}

            """
        let gate = try Gate(Self.basic, origin: ScriptedOrigin(answering: "ok"), also: secret)
        for (login, status) in [("j\u{FFFD}rg:one", 401), ("anna:two", 200)] {
            #expect(try gate.request("/", [Self.login(login)]).status == status)
        }
        let faults = gate.faults(about: "auth-secret")
        #expect(faults.count == 1 && faults.allSatisfy { $0.contains("line 1 ") && $0.contains("no UTF-8") })
    }

    @Test func `follows a changed Secret at once, also for passwords that were right a moment ago`() throws {
        let ingress = Manifests.ingress(Self.basic)
        let before = "anna:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
        let gate = try Gate(
            manifests: [ingress, Self.users(["auth": before])], origins: ["web": [ScriptedOrigin(answering: "ok")]])
        let client = try gate.client()
        #expect(try client.request("/", [Self.login("anna:secret")]).status == 200)
        #expect(try client.request("/", [Self.login("anna:secret")]).status == 200)
        try gate.replace([ingress, Self.users(["auth": "anna:{PLAIN}new"])])
        #expect(try gate.request("/", [Self.login("anna:secret")]).status == 401)
        #expect(try gate.request("/", [Self.login("anna:new")]).status == 200)
    }

    @Test func `needs no password under no-auth-locations`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        for (path, configMap, status) in [
            ("/.well-known/acme-challenge/x", [:], 200), ("/open", [:], 401),
            ("/open", ["no-auth-locations": "/open, /health"], 200),
            ("/.well-known/acme-challenge", ["no-auth-locations": "/open"], 401),
        ] {
            let gate = try Gate(
                Self.basic, path: path, origins: ["web": [origin]], configMap: configMap,
                also: Self.users(["auth": "a:{PLAIN}b"]))
            #expect(try gate.request(path).status == status)
        }
    }

    struct Together: Sendable, CustomTestStringConvertible {
        var annotations: [String: String]
        var login: String?
        var status: Int
        var testDescription: String { "\(annotations) \(login ?? "")" }
    }

    static let together = [
        Together(annotations: ["allowlist-source-range": "192.0.2.0/24"], login: "a:b", status: 403),
        Together(annotations: ["allowlist-source-range": "127.0.0.1"], login: nil, status: 401),
        Together(annotations: ["allowlist-source-range": "192.0.2.0/24", "satisfy": "any"], login: "a:b", status: 200),
        Together(annotations: ["allowlist-source-range": "192.0.2.0/24", "satisfy": "any"], login: nil, status: 401),
        Together(annotations: ["allowlist-source-range": "127.0.0.1", "satisfy": "any"], login: nil, status: 200),
        Together(annotations: ["denylist-source-range": "192.0.2.1", "satisfy": "any"], login: nil, status: 401),
        Together(annotations: ["denylist-source-range": "127.0.0.1", "satisfy": "any"], login: "a:b", status: 200),
        Together(annotations: ["satisfy": "any"], login: nil, status: 401),
        Together(annotations: ["permanent-redirect": "https://x.example/"], login: nil, status: 301),
    ]

    @Test(arguments: together)
    func `goes together with address lists as satisfy says`(given: Together) throws {
        let gate = try Gate(
            Self.basic.merging(given.annotations) { $1 }, origin: ScriptedOrigin(answering: "ok"),
            also: Self.users(["auth": "a:{PLAIN}b"]))
        let answer = try gate.request("/", given.login.map { [Self.login($0)] } ?? [])
        #expect(answer.status == given.status)
        #expect((answer["WWW-Authenticate"] != nil) == (given.status == 401))
    }

    @Test func `does not hold up others while a slow password is checked`() throws {
        let slow = "anna:$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"
        let gate = try Gate(
            manifests: [
                Manifests.ingress(Self.basic), Manifests.ingress([:], name: "open", host: "open.example"),
                Self.users(["auth": slow]),
            ], origins: ["web": [ScriptedOrigin(answering: "ok")]])
        let waiting = try (0..<8).map { _ in try gate.client() }
        for client in waiting {
            try client.send(
                "POST / HTTP/1.1\r\nHost: shop.example\r\n\(Self.login("anna:wrong"))\r\nContent-Length: 3\r\n\r\nabc")
        }
        for _ in 0..<20 { #expect(try gate.request(host: "open.example").status == 200) }
        for client in waiting { #expect(try client.response(to: "POST").status == 401) }
    }

    @Test func `survives clients that leave while their password is checked`() throws {
        let slow = "anna:$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"
        let gate = try Gate(
            manifests: [
                Manifests.ingress(Self.basic), Manifests.ingress([:], name: "open", host: "open.example"),
                Self.users(["auth": slow]),
            ], origins: ["web": [ScriptedOrigin(answering: "ok")]])
        for _ in 0..<10 {
            try gate.client().send("GET / HTTP/1.1\r\nHost: shop.example\r\n\(Self.login("anna:wrong"))\r\n\r\n")
        }
        #expect(try gate.request(host: "open.example").status == 200)
        #expect(try gate.request("/", [Self.login("anna:wrong")]).status == 401)
    }

    @Test func `takes the body that waited with the password`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            Self.basic, origin: origin,
            also: Self.users(["auth": "anna:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"]))
        let client = try gate.client()
        for body in [String(repeating: "x", count: 100), String(repeating: "y", count: 100_000)] {
            let answer = try client.request(
                "/", method: "POST", [Self.login("anna:secret"), "Content-Length: \(body.utf8.count)"], body: body)
            #expect(answer.status == 200)
            #expect(origin.requests.last?.text == body)
        }
    }
}

@Suite struct `Digest authentication` {
    static let digest = ["auth-type": "digest", "auth-secret": "users", "auth-realm": "Shop"]

    static func md5(_ text: String) -> String {
        Digest.md5(Array(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    static let users = Manifests.secret("users", ["auth": "anna:Shop:\(md5("anna:Shop:secret"))\n"])

    /// What a client answers to a challenge.
    static func answer(
        _ challenge: String, user: String = "anna", password: String = "secret", uri: String = "/a?b=c",
        method: String = "GET", count: Int = 1, change: (String) -> String = { $0 }
    ) throws -> String {
        let nonce = try #require(challenge.components(separatedBy: "nonce=\"").last?.split(separator: "\"").first)
        let count = "0000000\(count)"
        let response = md5(
            "\(md5("\(user):Shop:\(password)")):\(nonce):\(count):abc:auth:\(md5("\(method):\(uri)"))")
        return change(
            "Authorization: Digest username=\"\(user)\", realm=\"Shop\", nonce=\"\(nonce)\", uri=\"\(uri)\", "
                + "algorithm=MD5, qop=auth, nc=\(count), cnonce=\"abc\", response=\"\(response)\"")
    }

    func gate(_ origin: ScriptedOrigin) throws -> Gate { try Gate(Self.digest, origin: origin, also: Self.users) }

    @Test func `lets in who can prove to know the password`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try gate(origin)
        #expect(gate.diagnostics.isEmpty)
        let refused = try gate.request("/a?b=c")
        #expect(refused.status == 401)
        let challenge = try #require(refused["WWW-Authenticate"])
        #expect(challenge.hasPrefix("Digest realm=\"Shop\", qop=\"auth\", algorithm=MD5, nonce=\""))
        #expect(try gate.request("/a?b=c", [Self.answer(challenge)]).status == 200)
        #expect(origin.requests.count == 1 && origin.requests.first?["Authorization"] == nil)
    }

    @Test(arguments: [1, 2])
    func `opens once for each answer, on all workers together`(workers: Int) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(Self.digest, origin: origin, also: Self.users, workers: workers)
        let challenge = try #require(try gate.request("/a?b=c")["WWW-Authenticate"])
        let answer = try Self.answer(challenge)
        #expect(try gate.request("/a?b=c", [answer]).status == 200)
        for _ in 0..<6 {
            let again = try gate.request("/a?b=c", [answer])
            #expect(again.status == 401 && again["WWW-Authenticate"]?.hasSuffix(", stale=true") == true)
        }
        for count in 2...4 {
            #expect(try gate.request("/a?b=c", [Self.answer(challenge, count: count)]).status == 200)
        }
        #expect(origin.requests.count == 4)
        let others = Set(try (0..<20).map { _ in try gate.request("/a?b=c")["WWW-Authenticate"] })
        #expect(others.count == 20, "a client can answer anew at once")
        // Wrong answers leave nothing behind that could keep the right one out.
        #expect(try gate.request("/a?b=c", [Self.answer(challenge, password: "x", count: 5)]).status == 401)
        #expect(try gate.request("/a?b=c", [Self.answer(challenge, count: 5)]).status == 200)
    }

    @Test(arguments: [
        "password", "user", "uri", "method", "nonce", "twice", "qop", "short",
    ])
    func `refuses an answer that is not right in every part`(wrong: String) throws {
        let gate = try gate(ScriptedOrigin(answering: "ok"))
        let challenge = try #require(try gate.request("/a?b=c")["WWW-Authenticate"])
        let field =
            switch wrong {
            case "password": try Self.answer(challenge, password: "wrong")
            case "user": try Self.answer(challenge, user: "bert")
            case "uri": try Self.answer(challenge, uri: "/other")
            case "method": try Self.answer(challenge, method: "POST")
            case "nonce":
                try Self.answer("nonce=\"00000000000000010123456789abcdef\"")
            case "twice": try Self.answer(challenge) { $0 + ", uri=\"/a?b=c\"" }
            case "qop": try Self.answer(challenge) { $0.replacingOccurrences(of: "qop=auth,", with: "") }
            default: try Self.answer(challenge) { String($0.dropLast(2)) }
            }
        #expect(try gate.request("/a?b=c", [field]).status == 401)
    }

    @Test func `locks out users of another realm, and closes without a Secret`() throws {
        let other = Manifests.secret("users", ["auth": "anna:Other:\(Self.md5("anna:Other:secret"))\nbert:x\n"])
        let gate = try Gate(Self.digest, origin: ScriptedOrigin(answering: "ok"), also: other)
        #expect(gate.faults(about: "auth-secret").count == 2)
        #expect(try gate.request().status == 401)
        let closed = try Gate(Self.digest, origin: ScriptedOrigin(answering: "ok"))
        #expect(try closed.request().status == 503)
    }
}
