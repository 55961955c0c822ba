import Model
import TestSupport
import Testing

/// A main Ingress whose Service `web` answers "main", and its canary, whose Service `next` answers "canary".
private struct Pair {
    let main: ScriptedOrigin
    let canary: ScriptedOrigin
    let gate: Gate

    init(
        _ annotations: [String: String], main mainAnnotations: [String: String] = [:], path: String = "/",
        hasMain: Bool = true, hasCanary: Bool = true, also more: [String] = [], workers: Int = 1
    ) throws {
        main = try ScriptedOrigin(answering: "main")
        canary = try ScriptedOrigin(answering: "canary")
        gate = try Gate(
            manifests: [
                Manifests.ingress(mainAnnotations, path: path),
                Manifests.ingress(
                    ["canary": "true"].merging(annotations) { $1 }, name: "next", path: path, service: "next"),
            ] + more,
            origins: ["web": hasMain ? [main] : [], "next": hasCanary ? [canary] : [], "other": [main]],
            workers: workers)
    }

    func ask(_ fields: String..., target: String = "/") throws -> String {
        let answer = try gate.request(target, fields)
        return answer.status == 200 ? answer.text : "\(answer.status)"
    }
}

@Suite struct `The annotation canary` {
    @Test(.shows(defaultOf: "canary"))
    func `is off by default, so both Ingresses claim the path and the first keeps it`() throws {
        let pair = try Pair(["canary": "false", "canary-weight": "100"])
        let answers = Set(try (0..<5).map { _ in try pair.ask() })
        #expect(answers.count == 1)
        #expect(pair.gate.diagnostics.contains { $0.fault.contains("served by") })
    }

    @Test(.shows(badValueOf: "canary"))
    func `counts as off when its value is unusable`() throws {
        let pair = try Pair(["canary": "yes", "canary-weight": "100"])
        #expect(!pair.gate.faults(about: "canary]").isEmpty)
        #expect(Set(try (0..<5).map { _ in try pair.ask() }).count == 1)
        #expect(pair.gate.diagnostics.contains { $0.fault.contains("served by") })
    }

    @Test func `alone serves nothing`() throws {
        let origin = try ScriptedOrigin(answering: "canary")
        let gate = try Gate(["canary": "true", "canary-weight": "100"], origin: origin)
        #expect(try gate.request().status == 404)
        #expect(gate.diagnostics.contains { $0.fault.contains("no main Ingress") })
    }

    @Test(.shows(effectOf: "canary"))
    func `takes every path of the main Service's port, of any Ingress`() throws {
        let pair = try Pair(
            ["canary-by-header": "X-Canary"],
            also: [Manifests.ingress([:], name: "other", host: "other.example", path: "/web")])
        #expect(try pair.gate.request("/web/a", host: "other.example", ["X-Canary: always"]).text == "canary")
        #expect(try pair.gate.request("/web/a", host: "other.example").text == "main")
    }

    @Test func `gets nothing while the main Service has no endpoints`() throws {
        let pair = try Pair(["canary-weight": "100"], hasMain: false)
        #expect(try pair.ask() == "503")
        #expect(pair.canary.requests.isEmpty)
    }

    @Test func `without endpoints leaves everything to the main Service`() throws {
        let pair = try Pair(["canary-weight": "100", "canary-by-header": "X-Canary"], hasCanary: false)
        #expect(try pair.ask() == "main")
        #expect(try pair.ask("X-Canary: always") == "main")
    }

    @Test func `stays on its side when an attempt fails`() throws {
        let main = try ScriptedOrigin(answering: "main")
        let broken = try ScriptedOrigin { connection in
            while try connection.request() != nil { connection.reset() }
        }
        let gate = try Gate(
            manifests: [
                Manifests.ingress([:]),
                Manifests.ingress(["canary": "true", "canary-weight": "100"], name: "next", service: "next"),
            ], origins: ["web": [main], "next": [broken]])
        #expect(try gate.request().status == 502)
        #expect(broken.requests.count == 3)
        #expect(main.requests.isEmpty)
    }

    @Test func `is under the main Ingress's annotations, not its own`() throws {
        let pair = try Pair(
            ["canary-weight": "100", "upstream-vhost": "canary.example"], main: ["upstream-vhost": "main.example"])
        #expect(try pair.ask() == "canary")
        #expect(pair.canary.requests.last?["Host"] == "main.example")
    }

    @Test func `is named in the access log and in the metrics`() throws {
        let pair = try Pair(["canary-by-header": "X-Canary"])
        _ = try pair.ask("X-Canary: always")
        _ = try pair.ask()
        let name = "nginx_ingress_controller_requests"
        try eventually("both requests to be counted") {
            pair.gate.metric(name, "canary=\"shop-next-80\"", "service=\"web\"") == 1
                && pair.gate.metric(name, "canary=\"\"", "service=\"web\"") == 1
        }
        let lines = try pair.gate.accessLogLines()
        #expect(lines.count { $0.contains("[shop-web-80] [shop-next-80]") } == 1)
        #expect(lines.count { $0.contains("[shop-web-80] []") } == 1)
    }

    @Test func `changes its weight without a connection being lost`() throws {
        let pair = try Pair(["canary-weight": "0"])
        let client = try pair.gate.client()
        #expect(try client.request().text == "main")
        try pair.gate.replace([
            Manifests.ingress([:]),
            Manifests.ingress(["canary": "true", "canary-weight": "100"], name: "next", service: "next"),
        ])
        // The connection is the same; its next request sees the new weight as soon as its worker does.
        var answer = try client.request().text
        while answer == "main" { answer = try client.request().text }
        #expect(answer == "canary")
    }

    @Test func `of a Service that has one already is left out`() throws {
        let third = try ScriptedOrigin(answering: "third")
        let (main, next) = (try ScriptedOrigin(answering: "main"), try ScriptedOrigin(answering: "canary"))
        let gate = try Gate(
            manifests: [
                Manifests.ingress([:]),
                // Of equal age the greater name comes first.
                Manifests.ingress(["canary": "true", "canary-by-header": "X-A"], name: "z", service: "next"),
                Manifests.ingress(["canary": "true", "canary-weight": "100"], name: "a", service: "third"),
            ], origins: ["web": [main], "next": [next], "third": [third]])
        #expect(try gate.request().text == "main")
        #expect(try gate.request("/", ["X-A: always"]).text == "canary")
        #expect(gate.diagnostics.contains { $0.fault.contains("has the canary of") })
        #expect(third.requests.isEmpty)
    }

    @Test func `that leads to the main Service has no effect, and says so`() throws {
        let main = try ScriptedOrigin(answering: "main")
        let gate = try Gate(
            manifests: [
                Manifests.ingress([:]), Manifests.ingress(["canary": "true", "canary-weight": "100"], name: "next"),
            ], origins: ["web": [main]])
        #expect(try gate.request().text == "main")
        #expect(gate.diagnostics.contains { $0.fault.contains("same Service as the main") })
    }

    @Test func `has the balancing that its own Ingress names`() throws {
        let pair = try Pair(["canary-weight": "100", "upstream-hash-by": "$uri", "load-balance": "ewma"])
        let upstreams = pair.gate.model.upstreams
        #expect(upstreams.first { $0.id.name == "shop-next-80" }?.hashing?.template == "$uri")
        #expect(upstreams.first { $0.id.name == "shop-web-80" }?.hashing == nil)
        #expect(try pair.ask() == "canary")
    }

    @Test func `is paired by the path as written in regex mode too`() throws {
        let pair = try Pair(["canary-by-header": "X-Canary"], main: ["rewrite-target": "/x"], path: "/a")
        #expect(try pair.ask("X-Canary: always", target: "/a/b") == "canary")
        #expect(pair.canary.requests.last?.target == "/x")
        #expect(try pair.ask(target: "/A") == "main")
    }

    @Test func `splits a host that is a wildcard, and one that has no name`() throws {
        for host in ["*.shop.example", nil] {
            let origins = [try ScriptedOrigin(answering: "main"), try ScriptedOrigin(answering: "canary")]
            let gate = try Gate(
                manifests: [
                    Manifests.ingress([:], host: host),
                    Manifests.ingress(
                        ["canary": "true", "canary-weight": "100"], name: "next", host: host, service: "next"),
                ], origins: ["web": [origins[0]], "next": [origins[1]]])
            #expect(try gate.request(host: "a.shop.example").text == "canary")
        }
    }
}

@Suite struct `The annotation canary-by-header` {
    @Test(
        .shows(effectOf: "canary-by-header"), .shows(defaultOf: "canary-by-header-value", "canary-by-header-pattern"),
        arguments: [("always", "canary"), ("never", "main"), ("maybe", "main"), ("Always", "main")])
    func `sends always to the canary and never to the main Service`(value: String, side: String) throws {
        let pair = try Pair(["canary-by-header": "X-Canary"])
        #expect(try pair.ask("x-canary: \(value)") == side)
        #expect(try pair.ask() == "main")
    }

    @Test(arguments: [("never", "main"), ("maybe", "canary")])
    func `leaves other values to the next rule`(value: String, side: String) throws {
        let pair = try Pair(["canary-by-header": "X-Canary", "canary-weight": "100"])
        #expect(try pair.ask("X-Canary: \(value)") == side)
    }

    @Test(.shows(defaultOf: "canary-by-header", "canary-by-cookie"))
    func `is none by default, so that no header and no cookie leads to the canary`() throws {
        let pair = try Pair([:])
        #expect(try pair.ask("X-Canary: always", "Cookie: canary=always") == "main")
    }

    @Test(.shows(badValueOf: "canary-by-header"))
    func `counts as absent when its value is unusable`() throws {
        let pair = try Pair(["canary-by-header": "X Canary"])
        #expect(!pair.gate.faults(about: "canary-by-header").isEmpty)
        #expect(
            try pair.ask("X-Canary: always") == "main")
    }
}

@Suite struct `The annotation canary-by-header-value` {
    @Test(
        .shows(effectOf: "canary-by-header-value"),
        arguments: [("beta", "canary"), ("always", "main"), ("betas", "main"), ("never", "main")])
    func `is the one value that means the canary`(value: String, side: String) throws {
        let pair = try Pair(["canary-by-header": "X-Canary", "canary-by-header-value": "beta"])
        #expect(try pair.ask("X-Canary: \(value)") == side)
    }

    @Test func `leaves every other value to the next rule, never included`() throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-header-value": "beta", "canary-weight": "100",
        ])
        #expect(try pair.ask("X-Canary: never") == "canary")
    }

    @Test func `does nothing without canary-by-header`() throws {
        let pair = try Pair(["canary-by-header-value": "beta"])
        #expect(try pair.ask("X-Canary: beta") == "main")
    }

    @Test(.shows(badValueOf: "canary-by-header-value"))
    func `counts as absent when its value is unusable`() throws {
        let pair = try Pair(["canary-by-header": "X-Canary", "canary-by-header-value": "a b"])
        #expect(!pair.gate.faults(about: "canary-by-header-value").isEmpty)
        #expect(try pair.ask("X-Canary: always") == "canary")
    }
}

@Suite struct `The annotation canary-by-header-pattern` {
    @Test(
        .shows(effectOf: "canary-by-header-pattern"),
        arguments: [("beta-1", "canary"), ("my beta", "canary"), ("BETA", "main"), ("always", "main")])
    func `is searched in the value, by case`(value: String, side: String) throws {
        let pair = try Pair(["canary-by-header": "X-Canary", "canary-by-header-pattern": "beta"])
        #expect(try pair.ask("X-Canary: \(value)") == side)
    }

    @Test func `gives way to canary-by-header-value`() throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-header-pattern": ".*", "canary-by-header-value": "beta",
        ])
        #expect(try pair.ask("X-Canary: gamma") == "main")
        #expect(try pair.ask("X-Canary: beta") == "canary")
    }

    @Test func `that takes too long leaves the request on the main Service`() throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-header-pattern": "(a+)+$", "canary-weight": "100",
        ])
        #expect(try pair.ask("X-Canary: \(String(repeating: "a", count: 4000))!") == "main")
    }

    /// Neither the value nor a later rule counts then; who doesn't send the header is left to those.
    @Test(.shows(badValueOf: "canary-by-header-pattern"), arguments: ["(beta", "[a-", "*", "(?=x"])
    func `that is no regular expression leaves requests with the header on the main Service`(pattern: String) throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-header-pattern": pattern, "canary-by-cookie": "canary",
            "canary-weight": "100",
        ])
        #expect(
            pair.gate.faults(about: "canary-by-header-pattern").map { $0.hasSuffix("go to the main Ingress") } == [true]
        )
        for value in ["always", "never", "beta", "(beta", ""] { #expect(try pair.ask("X-Canary: \(value)") == "main") }
        #expect(try pair.ask("X-Canary: beta", "Cookie: canary=always") == "main")
        #expect(try pair.ask("Cookie: canary=always") == "canary")
        #expect(try pair.ask("Cookie: canary=never") == "main")
        #expect(try pair.ask() == "canary")
    }

    @Test func `that is no regular expression gives way to canary-by-header-value, too`() throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-header-pattern": "(beta", "canary-by-header-value": "beta",
        ])
        #expect(try pair.ask("X-Canary: beta") == "canary")
    }

    @Test func `counts as absent when it holds what no regular expression of the table may`() throws {
        let pair = try Pair(["canary-by-header": "X-Canary", "canary-by-header-pattern": "beta;"])
        #expect(pair.gate.faults(about: "canary-by-header-pattern").map { $0.hasSuffix("counts as absent") } == [true])
        #expect(try pair.ask("X-Canary: always") == "canary")
    }
}

@Suite struct `The annotation canary-by-cookie` {
    @Test(
        .shows(effectOf: "canary-by-cookie"),
        arguments: [
            ("canary=always", "canary"), ("canary=never", "main"), ("canary=maybe", "main"),
            ("a=b; canary=always", "canary"),
            ("Canary=always", "main"),
        ])
    func `sends always to the canary and never to the main Service`(cookie: String, side: String) throws {
        let pair = try Pair(["canary-by-cookie": "canary"])
        #expect(try pair.ask("Cookie: \(cookie)") == side)
        #expect(try pair.ask() == "main")
    }

    @Test(arguments: [
        ("X-Canary: never", "canary=always", "main"), ("X-Canary: always", "canary=never", "canary"),
        ("X-Canary: else", "canary=never", "main"), ("X-Canary: else", "canary=else", "canary"),
    ])
    func `comes behind the header and before the weight`(header: String, cookie: String, side: String) throws {
        let pair = try Pair([
            "canary-by-header": "X-Canary", "canary-by-cookie": "canary", "canary-weight": "100",
        ])
        #expect(try pair.ask(header, "Cookie: \(cookie)") == side)
    }

    @Test(.shows(badValueOf: "canary-by-cookie"))
    func `counts as absent when its value is unusable`() throws {
        let pair = try Pair(["canary-by-cookie": "a;b"])
        #expect(!pair.gate.faults(about: "canary-by-cookie").isEmpty)
        #expect(try pair.ask("Cookie: a=always; b=always") == "main")
    }
}

@Suite struct `The annotation canary-weight` {
    @Test(
        .shows(effectOf: "canary-weight"), .shows(defaultOf: "canary-weight-total"),
        arguments: [("0", "main"), ("-5", "main"), ("100", "canary"), ("1000", "canary")])
    func `at its ends sends nothing or everything`(weight: String, side: String) throws {
        let pair = try Pair(["canary-weight": weight])
        for _ in 0..<20 { #expect(try pair.ask() == side) }
    }

    @Test(.shows(defaultOf: "canary-weight"), .shows(badValueOf: "canary-weight"))
    func `is 0 by default, and when its value is unusable`() throws {
        for annotations in [[:], ["canary-weight": "ten"]] {
            let pair = try Pair(annotations)
            #expect(try pair.ask() == "main")
            #expect(pair.gate.faults(about: "canary-weight").isEmpty == annotations.isEmpty)
        }
    }

    /// With even odds 200 requests never all go to one side: that has a chance of 1 in 2^199.
    @Test func `between its ends sends to both`() throws {
        let pair = try Pair(["canary-weight": "50"])
        let client = try pair.gate.client()
        #expect(Set(try (0..<200).map { _ in try client.request().text }) == ["main", "canary"])
    }
}

@Suite struct `The annotation canary-weight-total` {
    @Test(
        .shows(badValueOf: "canary-weight-total"),
        arguments: [
            ("1000", "1000", "canary"), ("100", "50", "canary"), ("100", "ten", "canary"), ("1000", "-1", "canary"),
        ])
    func `is what the weight is a part of, 100 at least`(weight: String, total: String, side: String) throws {
        let pair = try Pair(["canary-weight": weight, "canary-weight-total": total])
        for _ in 0..<20 { #expect(try pair.ask() == side) }
        #expect(pair.gate.faults(about: "canary-weight-total").isEmpty == (total != "ten"))
    }

    @Test(.shows(effectOf: "canary-weight-total"))
    func `makes the same weight a smaller part`() throws {
        // 100 of 100 would be all; of 10^15 it is none in any number of requests that a test can make.
        let pair = try Pair(["canary-weight": "100", "canary-weight-total": "1000000000000000"])
        for _ in 0..<50 { #expect(try pair.ask() == "main") }
    }
}
