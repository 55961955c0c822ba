import ControlPlane
import Filters
import Foundation
import Model
import Proxy
import TestSupport
import Testing

/// `$geoip2_…`, from the manifest and the database's file to the wire.
@Suite struct `Places of addresses` {
    static let isOn = ["use-geoip2": "true", "use-forwarded-headers": "true"]

    private func gate(
        _ annotations: [String: String], _ files: [String: [UInt8]] = ["GeoLite2-City.mmdb": Places.known],
        configMap: [String: String] = isOn, origin: ScriptedOrigin? = nil
    ) throws -> (gate: Gate, places: Places) {
        let places = try Places(files)
        let origins = ["web": [try origin ?? ScriptedOrigin(answering: "ok")]]
        return (try Gate(annotations, origins: origins, configMap: configMap, geo: places.source), places)
    }

    private static func from(_ address: String) -> [String] { ["X-Forwarded-For: \(address)"] }

    // MARK: Variables

    private static let wellington: MaxMindFile.Value = .map([
        ("city", .map([("geoname_id", .uint32(2_179_537)), ("names", .map([("en", .text("Wellington"))]))])),
        (
            "continent",
            .map([("code", .text("OC")), ("names", .map([("de", .text("Ozeanien")), ("en", .text("Oceania"))]))])
        ),
        (
            "country",
            .map([
                ("geoname_id", .uint32(2_186_224)), ("iso_code", .text("NZ")),
                ("names", .map([("en", .text("New Zealand"))])),
            ])
        ),
        (
            "location",
            .map([
                ("latitude", .double(-41.28664)), ("longitude", .double(174.77557)), ("metro_code", .uint16(501)),
                ("time_zone", .text("Pacific/Auckland")),
            ])
        ),
        ("postal", .map([("code", .text("6011"))])),
        (
            "subdivisions",
            .array([
                .map([
                    ("geoname_id", .uint32(2_179_538)), ("iso_code", .text("WGN")),
                    ("names", .map([("en", .text("Wellington Region"))])),
                ]),
                .map([("iso_code", .text("TeA")), ("names", .map([("en", .text("Te Aro"))]))]),
            ])
        ),
    ])

    @Test(
        .shows(effectOf: "ConfigMap/use-geoip2"),
        arguments: [
            ("city_country_code city_country_name city_country_geoname_id", "NZ New Zealand 2186224"),
            ("city_continent_code city_continent_name", "OC Oceania"), ("city city_geoname_id", "Wellington 2179537"),
            ("postal_code dma_code time_zone", "6011 501 Pacific/Auckland"),
            ("latitude longitude", "-41.28664 174.77557"),
            ("region_code region_name region_geoname_id", "WGN Wellington Region 2179538"),
            ("subregion_code subregion_name", "TeA Te Aro"), ("asn org", "64500 Example Ltd"),
            ("is_anon is_anonymous is_tor_exit_node", "1 1 0"), ("connection_type", "Cable/DSL"), ("isp", ""),
            ("country_code", ""),
        ])
    func `are what the databases say of the client`(names: String, expected: String) throws {
        let text = names.split(separator: " ").map { "${geoip2_\($0)}" }.joined(separator: " ")
        let block = "127.0.0.0/8"
        let (gate, _) = try gate(
            ["configuration-snippet": "return 200 \"\(text)\";"],
            [
                "GeoLite2-City.mmdb": MaxMindFile.bytes([(block, Self.wellington)]),
                "GeoLite2-ASN.mmdb": MaxMindFile.bytes([
                    (
                        block,
                        .map([
                            ("autonomous_system_number", .uint32(64_500)),
                            ("autonomous_system_organization", .text("Example Ltd")),
                        ])
                    )
                ]),
                "GeoIP2-Anonymous-IP.mmdb": MaxMindFile.bytes([(block, .map([("is_anonymous", .flag(true))]))]),
                "GeoIP2-Connection-Type.mmdb": MaxMindFile.bytes([
                    (block, .path("connection_type", to: .text("Cable/DSL")))
                ]),
            ])
        #expect(gate.diagnostics.map(\.fault) == [])
        #expect(try gate.request().text == expected)
    }

    private static let saysCountry = [
        "configuration-snippet": "more_set_headers \"X-Country: [$geoip2_city_country_code]\";"
    ]

    @Test(arguments: [
        ("198.51.100.7", "[RU]"), ("203.0.113.9, 198.51.100.7", "[AU]"), ("10.0.0.1", "[]"), ("2001:db8::1", "[SE]"),
        ("::ffff:198.51.100.7", "[RU]"),
    ])
    func `are those of whom a believed X-Forwarded-For names`(client: String, expected: String) throws {
        let (gate, _) = try gate(Self.saysCountry)
        #expect(try gate.request("/", Self.from(client))["X-Country"] == expected)
    }

    @Test func `are the peer's where nobody else is believed`() throws {
        let (gate, _) = try gate(Self.saysCountry, configMap: ["use-geoip2": "true"])
        #expect(try gate.request("/", Self.from("198.51.100.7"))["X-Country"] == "[NZ]")
    }

    @Test func `are those of whom a PROXY header names`() throws {
        let (gate, _) = try gate(Self.saysCountry, configMap: ["use-geoip2": "true", "use-proxy-protocol": "true"])
        for (address, country) in [("198.51.100.7", "[RU]"), ("203.0.113.1", "[AU]")] {
            let client = try gate.client()
            try client.send("PROXY TCP4 \(address) 192.0.2.1 56324 80\r\n")
            #expect(try client.request()["X-Country"] == country)
        }
    }

    @Test func `are each request's own on one connection`() throws {
        let (gate, _) = try gate(Self.saysCountry)
        let client = try gate.client()
        for (address, country) in [
            ("198.51.100.7", "[RU]"), ("203.0.113.9", "[AU]"), ("10.0.0.1", "[]"), ("198.51.100.7", "[RU]"),
        ] {
            #expect(try client.request("/", Self.from(address))["X-Country"] == country)
        }
    }

    @Test func `end no header field, whatever a database holds`() throws {
        let file = Places.countries([("127.0.0.0/8", "NZ\r\nX-Evil: yes")])
        let (gate, _) = try gate(Self.saysCountry, ["GeoLite2-City.mmdb": file])
        let answer = try gate.request()
        #expect(answer["X-Evil"] == nil && answer["X-Country"] == nil)
        #expect(answer.status == 200)
    }

    // MARK: Where they work

    @Test(arguments: [
        "if ($geoip2_city_country_code = RU) { return 403; }",
        "if ($geoip2_city_country_code ~ ^(RU|BY)$) { return 403; }",
        "set $from \"from-${geoip2_city_country_code}\"; if ($from = from-RU) { return 403; }",
    ])
    func `keep out whom a rule keeps out`(rule: String) throws {
        for annotation in ["configuration-snippet", "server-snippet"] {
            let (gate, _) = try gate([annotation: rule])
            #expect(try gate.request("/", Self.from("198.51.100.7")).status == 403)
            for address in ["203.0.113.9", "10.0.0.1"] {
                #expect(try gate.request("/", Self.from(address)).status == 200)
            }
        }
    }

    @Test func `let in those alone whom a rule lets in, and nobody from nowhere`() throws {
        let (gate, _) = try gate(["configuration-snippet": "if ($geoip2_city_country_code != AU) { return 403; }"])
        let statuses = try ["203.0.113.9", "198.51.100.7", "10.0.0.1"].map {
            try gate.request("/", Self.from($0)).status
        }
        #expect(statuses == [200, 403, 403])
    }

    @Test func `reach backends and authorization services in fields`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let auth = try ScriptedOrigin(answering: "")
        let places = try Places(["GeoLite2-City.mmdb": Places.known])
        let gate = try Gate(
            [
                "configuration-snippet": "proxy_set_header X-Country $geoip2_city_country_code;",
                "auth-url": "http://auth.shop.svc.cluster.local/ask",
                "auth-snippet": "proxy_set_header X-From $geoip2_city_country_code;",
            ], origins: ["web": [origin], "auth": [auth]], configMap: Self.isOn, geo: places.source)
        #expect(try gate.request("/", Self.from("198.51.100.7")).status == 200)
        #expect(origin.requests.first?["X-Country"] == "RU")
        #expect(auth.requests.first?["X-From"] == "RU")
    }

    @Test func `tell requests apart that are limited by them`() throws {
        let (gate, _) = try gate(
            ["configuration-snippet": "limit_req zone=lands;"],
            configMap: Self.isOn.merging(
                ["http-snippet": "limit_req_zone $geoip2_city_country_code zone=lands:1m rate=1r/m;"]) { $1 })
        let statuses = try ["198.51.100.7", "203.0.113.9", "192.0.2.8", "10.0.0.1", "10.0.0.1"].map {
            try gate.request("/", Self.from($0)).status
        }
        #expect(statuses == [200, 200, 503, 200, 200])
    }

    @Test func `choose endpoints by upstream-hash-by`() throws {
        let origins = try (0..<8).map { try ScriptedOrigin(answering: "\($0)") }
        let blocks = (0..<20).map { ("10.0.\($0).0/24", "C\($0)") }
        let places = try Places(["GeoLite2-City.mmdb": Places.countries(blocks)])
        let gate = try Gate(
            ["upstream-hash-by": "$geoip2_city_country_code"], origins: ["web": origins], configMap: Self.isOn,
            geo: places.source)
        var used: Set<String> = []
        for block in 0..<20 {
            let endpoints = Set(try (1..<4).map { try gate.request("/", Self.from("10.0.\(block).\($0)")).text })
            #expect(endpoints.count == 1)
            used.formUnion(endpoints)
        }
        #expect(used.count > 1)
    }

    @Test func `stand in the access log`() throws {
        let format = "$geoip2_city_country_code|${geoip2_city}|$geoip2_asn|$geoip2_is_anon"
        let place: MaxMindFile.Value = .map([
            ("city", .path("names", "en", to: .text("São \"P\""))), ("country", .path("iso_code", to: .text("BR"))),
        ])
        let (gate, _) = try gate(
            [:], ["GeoLite2-City.mmdb": MaxMindFile.bytes([("198.51.100.0/24", place)])],
            configMap: Self.isOn.merging(["log-format-upstream": format]) { $1 })
        for address in ["198.51.100.7", "10.0.0.1"] { _ = try gate.request("/", Self.from(address)) }
        #expect(try gate.accessLogLines() == [#"BR|S\xC3\xA3o \x22P\x22|-|-"#, "-|-|-|-"])
    }

    // MARK: Without

    @Test(.shows(defaultOf: "ConfigMap/use-geoip2", "ConfigMap/geoip2-autoreload-in-minutes"))
    func `are not known by default, and a rule that asks for one closes its paths`() throws {
        let (gate, places) = try gate(
            ["configuration-snippet": "if ($geoip2_city_country_code = RU) { return 403; }"], configMap: [:])
        #expect(try gate.request().status == 503)
        let diagnostic = try #require(gate.diagnostics.first)
        #expect(diagnostic.severity == .rejected)
        #expect(diagnostic.fault.contains("$geoip2_city_country_code, and use-geoip2 is not on"))
        #expect(diagnostic.remedy == GeoSettings.remedy)
        #expect(places.source.databases == nil, "nobody wants to know")
    }

    @Test(.shows(badValueOf: "ConfigMap/use-geoip2"), arguments: ["yes", "on"])
    func `are not known where use-geoip2 is neither true nor false`(value: String) throws {
        let (gate, _) = try gate(Self.saysCountry, configMap: ["use-geoip2": value])
        let answer = try gate.request()
        #expect(answer.status == 200 && answer["X-Country"] == nil)
        #expect(gate.diagnostics.map(\.severity) == [.warning, .warning])
    }

    @Test(arguments: [
        "set $x $geoip2_city_country_code; if ($x = RU) { return 403; }", "limit_req zone=lands;",
        "set $x $geoip2_no_such; if ($x = RU) { return 403; }",
    ])
    func `close the paths of rules in two steps, too, when they are not known`(rule: String) throws {
        let (gate, _) = try gate(
            ["configuration-snippet": rule],
            configMap: ["http-snippet": "limit_req_zone $geoip2_city_country_code zone=lands:1m rate=1r/m;"])
        #expect(try gate.request().status == 503)
    }

    @Test func `are empty without a database, and rules that ask for one answer 503 until it is there`() throws {
        let rule = "if ($geoip2_city_country_code = RU) { return 403; }"
        let (gate, places) = try gate(["configuration-snippet": rule], [:])
        #expect(try gate.request("/", Self.from("198.51.100.7")).status == 503)
        #expect(try gate.request("/", Self.from("203.0.113.9")).status == 503)
        let warning = try #require(gate.diagnostics.first)
        #expect(warning.field == "data.use-geoip2" && warning.fault.contains("holds no database"))
        #expect(warning.remedy.contains("GeoLite2-City.mmdb") && warning.remedy.contains("--geoip-directory"))
        let rejected = try #require(FilterCheck.diagnostics(gate.model).first)
        #expect(rejected.severity == .rejected)
        #expect(rejected.fault.contains("there is no database City to look in"))
        try places.write(Places.known, to: "GeoLite2-City.mmdb")
        try places.changes.wait { $0 > 0 }
        try gate.replace([Manifests.ingress(["configuration-snippet": rule])])
        #expect(gate.diagnostics == [])
        #expect(try gate.request("/", Self.from("198.51.100.7")).status == 403)
        #expect(try gate.request("/", Self.from("203.0.113.9")).status == 200)
    }

    @Test func `are empty in texts where only their database is missing`() throws {
        let (gate, _) = try gate(["configuration-snippet": "more_set_headers \"X-Net: [$geoip2_asn]\";"])
        #expect(try gate.request()["X-Net"] == "[]")
        #expect(FilterCheck.diagnostics(gate.model) == [])
    }

    @Test func `are not given to an authorization service that would have to judge by nothing`() throws {
        let places = try Places([:])
        let gate = try Gate(
            [
                "auth-url": "http://auth.shop.svc.cluster.local/ask",
                "auth-snippet": "proxy_set_header X-From $geoip2_city_country_code;",
            ], origins: ["web": [try ScriptedOrigin(answering: "ok")], "auth": [try ScriptedOrigin(answering: "")]],
            configMap: Self.isOn, geo: places.source)
        #expect(try gate.request().status == 503)
    }

    @Test func `are missed in hashes and log formats by a warning`() throws {
        let (gate, _) = try gate(
            ["upstream-hash-by": "$geoip2_asn"],
            configMap: Self.isOn.merging(["log-format-upstream": "$geoip2_isp"]) { $1 })
        #expect(try gate.request().status == 200)
        let found = FilterCheck.diagnostics(gate.model) + LogFormatCheck.diagnostics(gate.model)
        #expect(found.map(\.severity) == [.warning, .warning])
        #expect(
            found.map(\.fault) == [
                "$geoip2_asn of its hash is always empty: there is no database ASN or ISP to look in",
                "$geoip2_isp is always empty: there is no database ISP to look in",
            ])
    }

    @Test func `have names, and what isn't one is named with the nearest`() throws {
        let (gate, _) = try gate(["configuration-snippet": "more_set_headers \"X: $geoip2_city_county_code\";"])
        let diagnostic = try #require(gate.diagnostics.first)
        #expect(diagnostic.fault.contains("$geoip2_city_county_code, which isn't known"))
        #expect(diagnostic.remedy.hasPrefix("did you mean $geoip2_city_country_code?"))
        #expect(try gate.request().status == 200)
    }

    // MARK: Changes

    @Test func `change under traffic when the file does, and no request fails`() throws {
        let (gate, places) = try gate(Self.saysCountry)
        let isOver = Watched(false)
        let seen = Watched<[String]>([])
        let port = gate.port
        let thread = Thread {
            while !isOver.current {
                let answer = try? Client(toPort: port).request("/", Self.from("198.51.100.7"))
                let country = answer.map { "\($0.status)\($0["X-Country"] ?? "")" } ?? "failed"
                seen.change { $0.append(country) }
            }
            seen.change { $0.append("over") }
        }
        thread.start()
        try seen.wait { $0.count > 5 }
        try places.write(Places.countries([("198.51.100.0/24", "FI")]), to: "GeoLite2-City.mmdb")
        try places.changes.wait { $0 > 0 }
        try gate.replace([Manifests.ingress(Self.saysCountry)])
        #expect(try gate.request("/", Self.from("198.51.100.7"))["X-Country"] == "[FI]")
        let count = seen.current.count
        try seen.wait { $0.count > count + 5 }
        isOver.change { $0 = true }
        let all = try seen.wait { $0.last == "over" }.dropLast()
        #expect(Set(all) == ["200[RU]", "200[FI]"])
        #expect(all.last == "200[FI]")
    }

    @Test func `stay as they were when a file comes that is none`() throws {
        let (gate, places) = try gate(Self.saysCountry)
        try places.write(Array("not a database".utf8), to: "GeoLite2-City.mmdb")
        try places.changes.wait { $0 > 0 }
        try gate.replace([Manifests.ingress(Self.saysCountry)])
        #expect(try gate.request("/", Self.from("198.51.100.7"))["X-Country"] == "[RU]")
        let diagnostic = try #require(gate.diagnostics.first)
        #expect(diagnostic.fault.contains("GeoLite2-City.mmdb is no usable database"))
        #expect(diagnostic.fault.hasSuffix("what was read of GeoLite2-City before stays in use"))
    }
}

extension MaxMindFile {
    fileprivate static func bytes(_ blocks: [(String, Value)]) -> [UInt8] { bytes("GeoLite2-City", blocks) }
}
