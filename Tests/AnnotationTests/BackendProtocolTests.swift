import Foundation
import TestSupport
import Testing

/// An origin that says on which terms it was asked.
private func speakingHTTP2() throws -> ScriptedOrigin {
    try ScriptedOrigin { connection in
        let peer = try connection.http2()
        while let request = try peer.message() {
            try peer.respond(to: request.stream, body: "h2 \(request[":path"] ?? "")")
        }
    }
}

@Suite struct `The annotation backend-protocol` {
    @Test(.shows(effectOf: "backend-protocol"), arguments: ["GRPC", "grpc"])
    func `has HTTP/2 spoken in the clear`(value: String) throws {
        let gate = try Gate(["backend-protocol": value], origin: speakingHTTP2())
        #expect(try gate.request("/a").text == "h2 /a")
    }

    @Test(.shows(defaultOf: "backend-protocol"), arguments: [[:], ["backend-protocol": "HTTP"]])
    func `has HTTP/1.1 spoken when it says so or is absent`(annotations: [String: String]) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin)
        #expect(try gate.request().text == "ok")
        #expect(origin.requests.first?.version == "HTTP/1.1")
    }

    @Test func `has HTTP spoken to backends of AUTO_HTTP for clients of HTTP`() throws {
        let gate = try Gate(["backend-protocol": "AUTO_HTTP"], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().text == "ok")
    }

    @Test(.shows(badValueOf: "backend-protocol"))
    func `has HTTP spoken and says so when its value is unusable`() throws {
        let gate = try Gate(["backend-protocol": "H3"], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().text == "ok")
        #expect(gate.faults(about: "backend-protocol").first?.contains("expected HTTP, HTTPS") == true)
    }

    @Test(.shows(effectOf: "fastcgi-index", "fastcgi-params-configmap"))
    func `answers 503 for FCGI, and says why`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["backend-protocol": "FCGI", "fastcgi-index": "index.php", "fastcgi-params-configmap": "params"],
            origin: origin)
        #expect(try gate.request().status == 503)
        #expect(gate.faults(about: "backend-protocol").first?.contains("FastCGI is not spoken") == true)
        for name in ["fastcgi-index", "fastcgi-params-configmap"] {
            #expect(gate.faults(about: name).first?.contains("FastCGI is not spoken") == true)
        }
        #expect(origin.connectionCount == 0)
    }

    @Test(.shows(badValueOf: "fastcgi-index", "fastcgi-params-configmap"))
    func `leaves fastcgi-index without effect where HTTP is spoken, and rejects one that is no file name`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        #expect(try Gate(["fastcgi-index": "index.php"], origin: origin).request().text == "ok")
        #expect(try Gate(["fastcgi-index": "a/b"], origin: origin).request().status == 404)
        #expect(try Gate(["fastcgi-params-configmap": "a/b/c"], origin: origin).request().status == 404)
    }

    @Test func `does not say what the default backend speaks`() throws {
        let sorry = try ScriptedOrigin(answering: "sorry")
        let gate = try Gate(
            ["backend-protocol": "GRPC", "default-backend": "sorry"], origins: ["web": [], "sorry": [sorry]])
        #expect(try gate.request().text == "sorry")
        #expect(sorry.requests.first?.version == "HTTP/1.1")
    }
}

@Suite struct `A Service's appProtocol` {
    private func gate(_ annotations: [String: String], says name: String, origin: ScriptedOrigin) throws -> Gate {
        let service = Manifests.service("typed").replacingOccurrences(
            of: "port: 80}", with: "port: 80, appProtocol: \(name)}")
        return try Gate(
            manifests: [
                Manifests.ingress(annotations, service: "typed"), service,
                Manifests.slice(of: "typed", 0, port: origin.port),
            ], origins: [:])
    }

    @Test(arguments: ["kubernetes.io/h2c", "grpc", "h2c"])
    func `is honoured where no annotation says otherwise`(name: String) throws {
        let origin = try speakingHTTP2()
        #expect(try gate([:], says: name, origin: origin).request("/a").text == "h2 /a")
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: ["http", "kubernetes.io/ws", "redis"])
    func `may mean HTTP/1.1, with WebSockets`(name: String) throws {
        let origin = try ScriptedOrigin { connection in
            guard let request = try connection.request() else { return }
            try connection.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
            #expect(request["Upgrade"] == "websocket")
            try connection.waitForEnd()
        }
        let gate = try gate([:], says: name, origin: origin)
        let fields = ["Upgrade: websocket", "Connection: upgrade"]
        #expect(try gate.request("/", fields).status == 101)
        #expect(origin.connectionCount == 1)
    }

    @Test func `gives way to an annotation`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try gate(["backend-protocol": "HTTP"], says: "kubernetes.io/h2c", origin: origin)
        #expect(try gate.request().text == "ok")
        #expect(origin.requests.count == 1)
    }
}

@Suite struct `The annotation proxy-http-version` {
    @Test(
        .shows(effectOf: "proxy-http-version"), .shows(defaultOf: "proxy-http-version"),
        .shows(badValueOf: "proxy-http-version"),
        arguments: [
            (["proxy-http-version": "1.0"], "HTTP/1.0"), ([:], "HTTP/1.1"), (["proxy-http-version": "2"], "HTTP/1.1"),
        ])
    func `is the version of requests`(annotations: [String: String], version: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin)
        let client = try gate.client()
        for _ in 0..<2 { #expect(try client.request().text == "ok") }
        #expect(origin.requests.map(\.version) == [version, version])
        // Version 1.0 has a connection for each request.
        #expect(origin.connectionCount == (version == "HTTP/1.0" ? 2 : 1))
        #expect(gate.faults(about: "proxy-http-version").isEmpty == (annotations["proxy-http-version"] != "2"))
    }

    @Test func `of 1.0 passes no upgrade`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["proxy-http-version": "1.0"], origin: origin)
        #expect(try gate.request("/", ["Upgrade: websocket", "Connection: upgrade"]).status == 200)
        #expect(origin.requests.first?["Upgrade"] == nil)
    }

    @Test func `may come from the ConfigMap`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], origin: origin, configMap: ["proxy-http-version": "1.0"])
        #expect(try gate.request().text == "ok")
        #expect(origin.requests.first?.version == "HTTP/1.0")
    }
}

@Suite struct `The annotation connection-proxy-header` {
    @Test(.shows(effectOf: "connection-proxy-header"), arguments: ["close", "keep-alive"])
    func `is what the backend gets, whatever the client asks for`(value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["connection-proxy-header": value], origin: origin)
        let client = try gate.client()
        #expect(try client.request("/", ["Upgrade: websocket", "Connection: upgrade"]).status == 200)
        #expect(try client.request("/").status == 200)
        #expect(origin.requests.map { $0["Connection"] } == [value, value])
        #expect(origin.requests.first?["Upgrade"] == nil)
        #expect(origin.connectionCount == (value == "close" ? 2 : 1))
    }

    @Test(.shows(defaultOf: "connection-proxy-header"))
    func `is absent by default`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        #expect(try Gate([:], origin: origin).request().status == 200)
        #expect(origin.requests.first?["Connection"] == nil)
    }

    @Test(.shows(badValueOf: "connection-proxy-header"))
    func `rejects the Ingress when its value is unusable`() throws {
        let gate = try Gate(["connection-proxy-header": "upgrade"], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 404)
        #expect(gate.faults(about: "connection-proxy-header").first?.contains("close or keep-alive") == true)
    }
}

@Suite struct `The annotation http2-push-preload` {
    @Test(.shows(effectOf: "http2-push-preload"), arguments: ["true", "false"])
    func `is accepted and has no effect`(value: String) throws {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["Link: </a.css>; rel=preload"])
        let answer = try Gate(["http2-push-preload": value], origin: origin).request()
        #expect(answer.status == 200 && answer["Link"] == "</a.css>; rel=preload")
    }

    @Test(.shows(badValueOf: "http2-push-preload"))
    func `rejects the Ingress when its value is unusable`() throws {
        let gate = try Gate(["http2-push-preload": "maybe"], origin: ScriptedOrigin(answering: "ok"))
        #expect(try gate.request().status == 404)
    }
}

@Suite struct `gRPC errors of the proxy` {
    private static let type = "Content-Type: application/grpc+proto"

    @Test func `are statuses of gRPC in a head alone`() throws {
        let gate = try Gate(["backend-protocol": "GRPC"], origins: ["web": []])
        let answer = try gate.request("/a.B/C", method: "POST", [Self.type, "TE: trailers"])
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(answer["Content-Type"] == "application/grpc")
        #expect(answer["grpc-status"] == "14")
        #expect(answer["grpc-message"] == "503 Service Temporarily Unavailable")
        #expect(try gate.accessLogLines().first?.contains("\" 503 ") == true, "the log says what the proxy did")
    }

    @Test func `depend on what went wrong`() throws {
        let origin = try ScriptedOrigin { _ in }
        func status(_ annotations: [String: String], _ fields: [String] = [], host: String = "shop.example") throws
            -> String?
        {
            let gate = try Gate(annotations.merging(["backend-protocol": "GRPC"]) { a, _ in a }, origin: origin)
            return try gate.request("/a.B/C", method: "POST", host: host, [Self.type] + fields)["grpc-status"]
        }
        #expect(try status([:], host: "other.example") == "12")
        #expect(try status([:]) == "14", "the endpoint breaks off")
        #expect(try status(["denylist-source-range": "127.0.0.1"]) == "7")
        #expect(try status(["backend-protocol": "FCGI"]) == "14")
    }

    @Test(arguments: ["application/grpc-web+proto", "application/json", "application/grpcx"])
    func `are pages for everything else`(type: String) throws {
        let gate = try Gate([:], origins: ["web": []])
        let answer = try gate.request("/", method: "POST", ["Content-Type: \(type)"])
        #expect(answer.status == 503 && answer["grpc-status"] == nil)
    }
}
