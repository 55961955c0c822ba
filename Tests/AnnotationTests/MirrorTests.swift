import TestSupport
import Testing

/// A shop whose requests are copied to a test system.
struct MirrorScene {
    let backend: ScriptedOrigin
    let shadow: ScriptedOrigin
    let gate: Gate

    init(
        _ annotations: [String: String] = [:], target: String? = "http://shadow.shop.svc$request_uri",
        configMap: [String: String] = [:], script: ScriptedOrigin.Script? = nil
    ) throws {
        backend = try ScriptedOrigin(answering: "shop")
        shadow = try ScriptedOrigin(
            script ?? { connection in
                while try connection.request() != nil { try connection.respond("copy", status: "418 Teapot") }
            })
        var annotations = annotations
        annotations["mirror-target"] = target
        gate = try Gate(annotations, origins: ["web": [backend], "shadow": [shadow]], configMap: configMap)
    }
}

@Suite struct `The annotation mirror-target` {
    @Test(.shows(effectOf: "mirror-target"), .shows(defaultOf: "mirror-host"))
    func `sends a copy of each request, and answers by the backend alone`() throws {
        let scene = try MirrorScene()
        let response = try scene.gate.request(
            "/a%20b?c=d", ["Cookie: x=y", "X-Forwarded-For: 1.2.3.4", "Connection: X-Hop", "X-Hop: 1"])
        #expect(response.status == 200)
        #expect(response.text == "shop")
        let copy = try #require(try scene.shadow.waitForRequests(1).first)
        #expect(copy.method == "GET")
        #expect(copy.target == "/a%20b?c=d")
        #expect(copy["Host"] == "shadow.shop.svc")
        #expect(copy["Cookie"] == "x=y")
        #expect(copy["X-Hop"] == nil)
        #expect(copy["X-Real-IP"] == nil)
        #expect(scene.backend.requests.first?["X-Gatehouse-Depth"] == nil)
    }

    @Test(.shows(defaultOf: "mirror-target"), .shows(badValueOf: "mirror-target"))
    func `sends none when it is absent or cannot be used`() throws {
        for target in [
            nil, "shadow.shop.svc", "ftp://shadow.shop.svc/", "http://$http_x.svc/", "http://shadow/$nothing",
        ] {
            let scene = try MirrorScene(target: target)
            #expect(try scene.gate.request().status == 200)
            #expect(scene.gate.faults(about: "mirror-target").isEmpty == (target == nil))
            #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 0)
        }
    }

    @Test(arguments: [
        ("http://shadow.shop.svc", "/_mirror-?a=b"), ("http://shadow.shop.svc/copies", "/copies?a=b"),
        ("http://shadow.shop.svc/copies?x=y", "/copies?x=y&a=b"), ("http://shadow.shop.svc/to$uri", "/to/path"),
        ("http://shadow.$namespace.svc/$service_name$request_uri", "/web/path?a=b"),
        ("http://shadow.shop.svc/$cookie_next", "/a%20b"),
    ])
    func `names the path of the copy`(target: String, path: String) throws {
        let scene = try MirrorScene(target: target)
        _ = try scene.gate.request("/path?a=b", ["Cookie: next=a b"])
        #expect(try scene.shadow.waitForRequests(1).first?.target == path)
    }

    @Test func `keeps connections to whoever gets the copies`() throws {
        let scene = try MirrorScene()
        let client = try scene.gate.client()
        for number in 1...10 {
            #expect(try client.request("/\(number)").status == 200)
            try scene.shadow.waitForRequests(number)
        }
        #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 10)
        #expect(scene.shadow.connectionCount <= 2)
    }

    @Test func `never makes a client wait, or tells it of failures`() throws {
        let scripts: [ScriptedOrigin.Script] = [
            { connection in connection.reset() }, { connection in try connection.waitWithoutReading() },
            { connection in
                _ = try connection.request()
                try connection.send("nonsense\r\n\r\n")
            },
        ]
        for script in scripts {
            let scene = try MirrorScene(script: script)
            let client = try scene.gate.client()
            for _ in 1...3 { #expect(try client.request().text == "shop") }
        }
        let nowhere = try MirrorScene(target: "http://nobody.shop.svc/")
        #expect(try nowhere.gate.request().status == 200)
        #expect(nowhere.gate.metric("gatehouse_mirror_failures_total") == 1)
    }

    @Test func `copies what the access rules let pass alone`() throws {
        let scene = try MirrorScene(["allowlist-source-range": "10.0.0.0/8"])
        #expect(try scene.gate.request().status == 403)
        #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 0)
    }

    @Test func `copies no copy`() throws {
        let scene = try MirrorScene()
        #expect(try scene.gate.request().status == 200)
        let mark = try #require(try scene.shadow.waitForRequests(1).first?["X-Gatehouse-Depth"])
        #expect(try scene.gate.request("/", ["X-Gatehouse-Depth: \(mark)"]).status == 200)
        #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 1)
    }

    @Test(arguments: ["1", "3", "x", "00000000000000000000000000000000-1"])
    func `copies what a client calls a copy`(claim: String) throws {
        let scene = try MirrorScene()
        #expect(try scene.gate.request("/", ["X-Gatehouse-Depth: \(claim)"]).status == 200)
        #expect(try scene.shadow.waitForRequests(1).first?["X-Gatehouse-Depth"] != claim)
    }

    @Test func `leaves copies out when too many wait, and counts them`() throws {
        let scene = try MirrorScene(script: { connection in try connection.waitWithoutReading() })
        let client = try scene.gate.client()
        let body = String(repeating: "b", count: 900 << 10)
        for _ in 1...20 {
            #expect(
                try client.request("/", method: "POST", ["Content-Length: \(body.utf8.count)"], body: body).status
                    == 200)
        }
        #expect(scene.gate.metric("gatehouse_limits_hit_total", "limit=\"mirror\"") == 2)
        #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 18)
    }
}

@Suite struct `The annotation mirror-request-body` {
    @Test(.shows(defaultOf: "mirror-request-body"), arguments: [3, 9000, 200_000, 1 << 20])
    func `gives the copy the body, whole`(size: Int) throws {
        let scene = try MirrorScene(["proxy-body-size": "8m"])
        let body = String(repeating: "b", count: size)
        #expect(try scene.gate.request(method: "POST", body: body).status == 200)
        let copy = try #require(try scene.shadow.waitForRequests(1).first)
        #expect(copy.body.count == size)
        #expect(scene.backend.requests.first?.body.count == size)
        #expect(copy["Content-Length"] == "\(size)")
    }

    @Test func `measures a body that came in chunks`() throws {
        let scene = try MirrorScene()
        let client = try scene.gate.client()
        try client.send("POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        try client.send("4\r\ndefg\r\n0\r\n\r\n")
        #expect(try client.response().status == 200)
        let copy = try #require(try scene.shadow.waitForRequests(1).first)
        #expect(copy.text == "abcdefg")
        #expect(scene.backend.requests.first?.text == "abcdefg")
        #expect(try client.request().status == 200)
    }

    @Test func `leaves out the copy of a body that is too large, and sends the request whole`() throws {
        for chunked in [false, true] {
            let scene = try MirrorScene(["proxy-body-size": "8m"])
            let body = String(repeating: "b", count: 3 << 20)
            let client = try scene.gate.client()
            let fields = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
            try client.send("POST / HTTP/1.1\r\nHost: shop.example\r\n\(fields)\r\n\r\n")
            let size = String(body.utf8.count, radix: 16)
            try client.send(chunked ? "\(size)\r\n\(body)\r\n0\r\n\r\n" : body)
            #expect(try client.response().status == 200)
            #expect(scene.backend.requests.first?.body.count == 3 << 20)
            #expect(scene.gate.metric("gatehouse_limits_hit_total", "limit=\"mirror\"") == 1)
            #expect(scene.gate.metric("gatehouse_mirror_requests_total") == 0)
            #expect(try client.request().status == 200)
        }
    }

    @Test func `still refuses a body over the limit of the route`() throws {
        let scene = try MirrorScene(["proxy-body-size": "1k"])
        let client = try scene.gate.client()
        try client.send("POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n")
        try client.send("800\r\n\(String(repeating: "b", count: 2048))\r\n0\r\n\r\n")
        #expect(try client.response().status == 413)
        #expect(scene.backend.requests.isEmpty)
    }

    @Test func `refuses what is no body`() throws {
        let scene = try MirrorScene()
        let client = try scene.gate.client()
        try client.send("POST / HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n")
        try client.send("zz\r\n")
        #expect(try client.response().status == 400)
        #expect(scene.backend.requests.isEmpty)
    }

    @Test(
        .shows(effectOf: "mirror-request-body"), .shows(badValueOf: "mirror-request-body"), arguments: ["off", "maybe"])
    func `says when the copy goes without`(value: String) throws {
        let scene = try MirrorScene(["mirror-request-body": value])
        #expect(try scene.gate.request(method: "POST", body: "hello").status == 200)
        let copy = try #require(try scene.shadow.waitForRequests(1).first)
        #expect(copy.text == (value == "off" ? "" : "hello"))
        #expect(copy["Content-Length"] == (value == "off" ? nil : "5"))
        #expect(scene.gate.faults(about: "mirror-request-body").isEmpty == (value == "off"))
        #expect(scene.backend.requests.first?.text == "hello")
    }
}

@Suite struct `The annotation mirror-host` {
    @Test(
        .shows(effectOf: "mirror-host"), .shows(badValueOf: "mirror-host"),
        arguments: [
            ("shadow.internal", "shadow.internal"), ("$host", "shop.example"), ("a b", "shadow.shop.svc"),
            (nil, "shadow.shop.svc"),
        ] as [(String?, String)])
    func `is the host of the copy`(value: String?, host: String) throws {
        var annotations: [String: String] = [:]
        annotations["mirror-host"] = value
        let scene = try MirrorScene(annotations)
        _ = try scene.gate.request()
        #expect(try scene.shadow.waitForRequests(1).first?["Host"] == host)
    }
}
