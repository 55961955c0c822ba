import TestSupport
import Testing

@Suite struct `The annotations proxy-cookie- and proxy-redirect-` {
    private static let fields = [
        "Set-Cookie: a=1; Domain=.internal; Path=/one/two", "Set-Cookie: b=2; Path=/one/",
        "Location: http://internal/x",
        "Refresh: 0; url=http://internal/y",
    ]

    private func answer(_ annotations: [String: String], configMap: [String: String] = [:]) throws -> (Message, Gate) {
        let origin = try ScriptedOrigin(answering: "ok", fields: Self.fields)
        let gate = try Gate(annotations, origin: origin, configMap: configMap)
        return (try gate.request(), gate)
    }

    private func values(_ name: String, _ message: Message) -> [String] {
        message.fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    @Test(
        .shows(defaultOf: "proxy-cookie-domain", "proxy-cookie-path", "proxy-redirect-from", "proxy-redirect-to"),
        arguments: [[:], ["proxy-cookie-domain": "off", "proxy-cookie-path": "off", "proxy-redirect-from": "off"]])
    func `change nothing by default, and when they are off`(annotations: [String: String]) throws {
        let (message, _) = try answer(annotations)
        #expect(values("set-cookie", message) == ["a=1; Domain=.internal; Path=/one/two", "b=2; Path=/one/"])
        #expect(message["Location"] == "http://internal/x")
    }

    @Test(
        .shows(effectOf: "proxy-cookie-domain"),
        arguments: [
            "internal example.com", ".internal example.com", "~^\\.?(i.*)al$ example.com", "~*INTERNAL example.com",
        ])
    func `proxy-cookie-domain replaces the domain`(value: String) throws {
        let (message, _) = try answer(["proxy-cookie-domain": value])
        #expect(values("set-cookie", message) == ["a=1; Domain=example.com; Path=/one/two", "b=2; Path=/one/"])
    }

    @Test(
        .shows(effectOf: "proxy-cookie-path"),
        arguments: [("/one/ /", "/two", "/"), ("~^/one/(.*)$ /$1/x", "/two/x", "//x")])
    func `proxy-cookie-path replaces the path`(value: String, first: String, second: String) throws {
        let (message, _) = try answer(["proxy-cookie-path": value])
        #expect(values("set-cookie", message) == ["a=1; Domain=.internal; Path=\(first)", "b=2; Path=\(second)"])
    }

    @Test(
        .shows(effectOf: "proxy-redirect-from", "proxy-redirect-to"),
        arguments: [
            ("http://internal/", "https://shop.example/", "https://shop.example/x"), ("http://internal/", "/", "/x"),
            ("~^http://[a-z]*/(.*)$", "/r/$1", "/r/x"),
            ("http://internal/", "https://$host/", "https://shop.example/x"),
            ("http://internal/", "off", "http://internal/x"), ("default", "/", "http://internal/x"),
            ("off", "/", "http://internal/x"), ("http://other/", "/", "http://internal/x"),
        ])
    func `proxy-redirect-from and -to change redirects`(from: String, to: String, location: String) throws {
        let (message, _) = try answer(["proxy-redirect-from": from, "proxy-redirect-to": to])
        #expect(message["Location"] == location)
        #expect(message["Refresh"] == "0; url=\(location.dropLast())y")
    }

    @Test func `go before the ConfigMap's`() throws {
        let configMap = [
            "proxy-cookie-path": "/one/ /", "proxy-redirect-from": "http://internal/", "proxy-redirect-to": "/",
        ]
        #expect(try answer([:], configMap: configMap).0["Location"] == "/x")
        let (message, _) = try answer(["proxy-cookie-path": "off", "proxy-redirect-to": "/z/"], configMap: configMap)
        #expect(message["Location"] == "/z/x")
        #expect(values("set-cookie", message).last == "b=2; Path=/one/")
    }

    @Test(
        .shows(badValueOf: "proxy-cookie-domain", "proxy-cookie-path", "proxy-redirect-from", "proxy-redirect-to"),
        arguments: [
            ("proxy-cookie-domain", "one"), ("proxy-cookie-domain", "a b c"), ("proxy-cookie-path", "~( /"),
            ("proxy-cookie-path", "/one/ /; Secure"), ("proxy-redirect-from", "a b"), ("proxy-redirect-to", "a b"),
            ("proxy-redirect-to", "a#b"), ("proxy-redirect-to", "/$0"), ("proxy-redirect-to", "/$nobody"),
            ("proxy-cookie-domain", "internal $0"), ("proxy-cookie-path", "/one/ /$"),
        ])
    func `count as off when their values are unusable`(name: String, value: String) throws {
        let (message, gate) = try answer([name: value])
        #expect(gate.faults(about: name).count == 1)
        #expect(values("set-cookie", message) == ["a=1; Domain=.internal; Path=/one/two", "b=2; Path=/one/"])
        #expect(message["Location"] == "http://internal/x")
    }
}
