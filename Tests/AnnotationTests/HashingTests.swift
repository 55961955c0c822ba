import Foundation
import Model
import TestSupport
import Testing

/// A Service with several endpoints, each of which answers with its number.
private struct Shop {
    let origins: [ScriptedOrigin]
    let gate: Gate

    init(_ annotations: [String: String], endpoints: Int = 4, configMap: [String: String] = [:], workers: Int = 1)
        throws
    {
        origins = try (0..<endpoints).map { try ScriptedOrigin(answering: "\($0)") }
        gate = try Gate(annotations, origins: ["web": origins], configMap: configMap, workers: workers)
    }

    /// The endpoints that serve so many equal requests.
    func endpoints(_ target: String = "/", _ fields: [String] = [], host: String = "shop.example", times: Int = 6)
        throws
        -> Set<String>
    {
        Set(try (0..<times).map { _ in try gate.request(target, host: host, fields).text })
    }
}

@Suite struct `The annotation upstream-hash-by` {
    @Test(
        .shows(effectOf: "upstream-hash-by"),
        arguments: [
            ("$request_uri", ["/a?b=1", "/a?b=2", "/a?b=3", "/b", "/c", "/d", "/e", "/f"]),
            ("$uri", ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"]),
            ("$arg_user", ["/?user=1", "/?user=2", "/?user=3", "/?user=4", "/?user=5", "/?user=6", "/?user=7"]),
            ("${request_uri}-${host}", ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"]),
            ("$request_uri$host", ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"]),
        ])
    func `gives equal texts one endpoint, and others others`(template: String, targets: [String]) throws {
        let shop = try Shop(["upstream-hash-by": template], workers: 2)
        var used: Set<String> = []
        for target in targets {
            let endpoints = try shop.endpoints(target)
            #expect(endpoints.count == 1)
            used.formUnion(endpoints)
        }
        #expect(used.count > 1)
    }

    @Test(arguments: [
        ("$http_x_user", (0..<12).map { "X-User: user-\($0)" }),
        ("$cookie_user", (0..<12).map { "Cookie: user=u\($0)" }),
        ("$http_x_forwarded_for", (0..<12).map { "X-Forwarded-For: 192.0.2.\($0)" }),
    ])
    func `takes values of headers and cookies`(template: String, fields: [String]) throws {
        let shop = try Shop(["upstream-hash-by": template])
        var used: Set<String> = []
        for field in fields {
            let endpoints = try shop.endpoints("/\(field.count)", [field])
            #expect(endpoints.count == 1)
            used.formUnion(endpoints)
        }
        #expect(used.count > 1)
    }

    @Test(arguments: ["$remote_addr", "$binary_remote_addr"])
    func `takes the client's address`(template: String) throws {
        let shop = try Shop(["upstream-hash-by": template], configMap: ["use-forwarded-headers": "true"])
        var used: Set<String> = []
        for client in 1...16 {
            let endpoints = try shop.endpoints("/", ["X-Forwarded-For: 192.0.2.\(client)"], times: 3)
            #expect(endpoints.count == 1)
            used.formUnion(endpoints)
        }
        #expect(used.count > 1)
    }

    @Test func `takes the user that the client names`() throws {
        let shop = try Shop(["upstream-hash-by": "$remote_user"])
        var used: Set<String> = []
        for user in 0..<12 {
            let credentials = Data("user-\(user):pass".utf8).base64EncodedString()
            let endpoints = try shop.endpoints("/", ["Authorization: Basic \(credentials)"])
            #expect(endpoints.count == 1)
            used.formUnion(endpoints)
        }
        #expect(used.count > 1)
    }

    @Test func `takes the address that a PROXY header names`() throws {
        let shop = try Shop(["upstream-hash-by": "$proxy_protocol_addr"], configMap: ["use-proxy-protocol": "true"])
        var used: Set<String> = []
        for number in 1...16 {
            let answers = try (0..<3).map { _ in
                let client = try shop.gate.client()
                try client.send("PROXY TCP4 192.0.2.\(number) 198.51.100.1 4000 80\r\n")
                return try client.request().text
            }
            #expect(Set(answers).count == 1)
            used.formUnion(answers)
        }
        #expect(used.count > 1)
    }

    @Test func `takes the subject of a client's certificate`() throws {
        let origins = try (0..<4).map { try ScriptedOrigin(answering: "\($0)") }
        let spec = ["tls: [{hosts: [shop.example], secretName: shop-tls}]"]
        let annotations = ["upstream-hash-by": "$ssl_client_s_dn", "auth-tls-secret": "shop/clients-ca"]
        let gate = try Gate(
            manifests: [
                Manifests.ingress(annotations, spec: spec), MutualShop.shopSecret, MutualShop.authorities,
            ], origins: ["web": origins], speaksTLS: true)
        var used: Set<String> = []
        for number in 0..<12 {
            var options = TLSOptions("shop.example")
            options.identity = TestCertificate("client-\(number)", issuer: MutualShop.authority)
            let answers = try (0..<2).map { _ in try gate.secureClient(options).request().text }
            #expect(Set(answers).count == 1)
            used.formUnion(answers)
        }
        #expect(used.count > 1)
    }

    @Test(arguments: [
        "$nothing_that_is_known", "text-alone", "$remote_user", "$ssl_client_s_dn", "$geoip2_city", "$http_none",
    ])
    func `sends everything to one endpoint when the text never varies`(template: String) throws {
        let shop = try Shop(["upstream-hash-by": template])
        #expect(Set(try ["/a", "/b", "/c", "/d"].map { try shop.gate.request($0).text }).count == 1)
    }

    @Test func `goes before load-balance`() throws {
        let shop = try Shop(["upstream-hash-by": "$host", "load-balance": "round_robin"])
        #expect(try shop.endpoints("/", times: 12).count == 1)
    }

    @Test(.shows(defaultOf: "upstream-hash-by"))
    func `is off by default`() throws {
        #expect(try Shop([:]).endpoints("/", times: 8).count == 4)
    }

    @Test(.shows(badValueOf: "upstream-hash-by"), arguments: ["$request_uri; x", "a$", "${uri", "$uri#"])
    func `rejects the Ingress when its value is unusable`(template: String) throws {
        let shop = try Shop(["upstream-hash-by": template])
        #expect(try shop.gate.request().status == 404)
        #expect(shop.gate.faults(about: "upstream-hash-by").count == 1)
    }
}

@Suite struct `The annotation upstream-hash-by-subset` {
    @Test(.shows(effectOf: "upstream-hash-by-subset"), .shows(defaultOf: "upstream-hash-by-subset-size"))
    func `takes members of a group at random, and 3 of them by default`() throws {
        let shop = try Shop(["upstream-hash-by": "$uri", "upstream-hash-by-subset": "true"], endpoints: 6)
        for target in ["/a", "/b", "/c"] { #expect(try shop.endpoints(target, times: 60).count == 3) }
    }

    @Test(.shows(effectOf: "upstream-hash-by-subset-size"), arguments: [("2", 2), ("0", 3), ("100", 6)])
    func `has as many as upstream-hash-by-subset-size says`(size: String, count: Int) throws {
        let shop = try Shop(
            ["upstream-hash-by": "$uri", "upstream-hash-by-subset": "true", "upstream-hash-by-subset-size": size],
            endpoints: 6)
        #expect(try shop.endpoints("/a", times: 90).count == count)
    }

    @Test(.shows(defaultOf: "upstream-hash-by-subset"))
    func `does nothing while it is false, or without upstream-hash-by`() throws {
        let off = try Shop(["upstream-hash-by": "$uri", "upstream-hash-by-subset": "false"])
        #expect(try off.endpoints("/a").count == 1)
        let alone = try Shop(["upstream-hash-by-subset": "true", "upstream-hash-by-subset-size": "2"])
        #expect(try alone.endpoints("/a", times: 8).count == 4)
    }

    @Test(
        .shows(badValueOf: "upstream-hash-by-subset", "upstream-hash-by-subset-size"),
        arguments: [
            ("upstream-hash-by-subset", "maybe"), ("upstream-hash-by-subset-size", "-1"),
            ("upstream-hash-by-subset-size", "x"),
        ])
    func `rejects the Ingress when a value is unusable`(name: String, value: String) throws {
        let shop = try Shop(["upstream-hash-by": "$uri", name: value])
        #expect(try shop.gate.request().status == 404)
        #expect(shop.gate.faults(about: name).count == 1)
    }
}

@Suite struct `The annotation load-balance` {
    @Test(.shows(defaultOf: "load-balance"))
    func `is round robin by default, in the ConfigMap too`() throws {
        let shop = try Shop([:], endpoints: 3)
        let client = try shop.gate.client()
        for _ in 0..<30 { _ = try client.request() }
        #expect(shop.origins.map(\.requests.count) == [10, 10, 10])
    }

    @Test(arguments: [
        ([:], ["load-balance": "ip_hash"], 1), (["load-balance": "round_robin"], ["load-balance": "ip_hash"], 4),
    ])
    func `goes before the ConfigMap's`(annotations: [String: String], configMap: [String: String], used: Int) throws {
        let shop = try Shop(annotations, configMap: configMap)
        #expect(try shop.endpoints("/", times: 8).count == used)
    }

    @Test(.shows(effectOf: "load-balance"), arguments: ["ewma", "least_conn"])
    func `serves by the algorithm that it names`(algorithm: String) throws {
        let shop = try Shop(["load-balance": algorithm])
        #expect(shop.gate.model.upstreams.map(\.loadBalancing.rawValue) == [algorithm])
        for _ in 0..<20 { #expect(try shop.gate.request().status == 200) }
    }

    @Test(.shows(badValueOf: "load-balance"))
    func `rejects the Ingress when its value is unusable`() throws {
        let shop = try Shop(["load-balance": "fastest"])
        #expect(try shop.gate.request().status == 404)
    }

    @Test(arguments: ["chash", "chashsubset", "sticky_balanced", "sticky_persistent"])
    func `counts as absent for names that other annotations reach`(name: String) throws {
        let shop = try Shop(["load-balance": name])
        #expect(try shop.endpoints("/", times: 8).count == 4)
        #expect(shop.gate.faults(about: "load-balance").count == 1)
    }
}
