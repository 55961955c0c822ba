import TestSupport
import Testing

/// What a request meets on its way, as manifests say it: of two that would both answer, the one further up does.
@Suite struct `Of two annotations that would both answer` {
    enum Phase: Int, CaseIterable, Sendable {
        case blockedAgent, serverSnippet, appRoot, bodyLimit, slashRedirect, deniedPath, preflight
        case configurationSnippet, redirect, rewriteToURL, secureRedirect, noEndpoints, rateLimit, deniedAddress
        case password, externalAuthentication

        /// What the client sees when it answers.
        var answer: Answer {
            switch self {
            case .blockedAgent, .deniedAddress: Answer(403)
            case .serverSnippet: Answer(410)
            case .appRoot: Answer(302, "http://shop.example/app")
            case .bodyLimit: Answer(413)
            case .slashRedirect: Answer(301, "http://shop.example/a/")
            case .deniedPath, .noEndpoints: Answer(503)
            case .preflight: Answer(204)
            case .configurationSnippet: Answer(402)
            case .redirect: Answer(303, "https://moved.example/")
            case .rewriteToURL: Answer(302, "http://rewritten.example/")
            case .secureRedirect: Answer(307, "https://shop.example")
            case .rateLimit: Answer(429)
            case .password: Answer(401)
            case .externalAuthentication: Answer(500)
            }
        }

        var annotations: [String: String] {
            switch self {
            case .blockedAgent, .slashRedirect, .noEndpoints: [:]
            case .serverSnippet: ["server-snippet": "return 410;"]
            case .appRoot: ["app-root": "/app"]
            case .bodyLimit: ["proxy-body-size": "1"]
            case .deniedPath: ["custom-headers": "shop/missing"]
            case .preflight: ["enable-cors": "true"]
            case .configurationSnippet: ["configuration-snippet": "return 402;"]
            case .redirect:
                ["temporal-redirect": "https://moved.example/", "temporal-redirect-code": "303"]
            case .rewriteToURL: ["rewrite-target": "http://rewritten.example/"]
            case .secureRedirect: ["force-ssl-redirect": "true"]
            case .rateLimit: ["limit-rpm": "1", "limit-burst-multiplier": "0"]
            case .deniedAddress: ["denylist-source-range": "127.0.0.0/8"]
            case .password: ["auth-type": "basic", "auth-secret": "users"]
            case .externalAuthentication: ["auth-url": "http://auth.shop.svc/"]
            }
        }
    }

    struct Answer: Sendable, Equatable {
        var status: Int
        var location: String?

        init(_ status: Int, _ location: String? = nil) { (self.status, self.location) = (status, location) }
    }

    static let pairs: [(Phase, Phase)] = Phase.allCases.flatMap { first in
        Phase.allCases.filter { $0.rawValue > first.rawValue }.compactMap { second in
            // Both answer alike.
            if first.answer == second.answer { return nil }
            // A request has one path, and regular expressions lack no slash.
            let both: Set = [first, second]
            if both.contains(.slashRedirect), !both.isDisjoint(with: [.appRoot, .rewriteToURL]) { return nil }
            return (first, second)
        }
    }

    @Test(arguments: Phase.allCases.map { [$0] } + pairs.map { [$0.0, $0.1] })
    func `the one that comes first does`(phases: [Phase]) throws {
        let web = try ScriptedOrigin(answering: "ok")
        let auth = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("", status: "418 No") }
        }
        let annotations = phases.reduce(into: [:]) { $0.merge($1.annotations) { $1 } }
        let isSlashless = phases.contains(.slashRedirect)
        var configMap = ["http-redirect-code": "307", "limit-req-status-code": "429"]
        if phases.contains(.blockedAgent) { configMap["block-user-agents"] = "bad" }
        let gate = try Gate(
            annotations, path: isSlashless ? "/a/" : "/",
            origins: ["web": phases.contains(.noEndpoints) ? [] : [web], "auth": [auth]], configMap: configMap,
            also: Manifests.secret("users", ["auth": "ann:{PLAIN}secret"]))
        // The first request takes all the room that a limit leaves.
        let answers = try (0..<2).map { _ in
            let answer = try gate.request(
                isSlashless ? "/a" : "/", method: "OPTIONS", ["User-Agent: bad", "Origin: https://a.example"],
                body: "xx")
            return Answer(answer.status, answer["Location"])
        }
        #expect(answers[1] == phases[0].answer)
        #expect(web.requests.count == (phases == [.rateLimit] ? 1 : 0))
    }
}
