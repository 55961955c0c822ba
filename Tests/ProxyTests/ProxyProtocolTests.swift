import Model
import TestSupport
import Testing

@Suite struct `PROXY protocol` {
    private static let line = "PROXY TCP4 203.0.113.9 198.51.100.1 56324 443\r\n"

    private func rig(_ origin: ScriptedOrigin) throws -> ProxyRig {
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(
            Given.secureModel(
                origin, hosts: [(.exact("shop.example"), "shop/tls")], certificates: [bundle],
                settings: Given.settings { $0.proxyProtocol.isRequired = true }))
        rig.companions = [origin]
        return rig
    }

    @Test(arguments: [true, false])
    func `names the client`(secure: Bool) throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try rig(origin)
        let client = try Client(toPort: secure ? rig.securePort : rig.port)
        try client.send(Self.line)
        if secure { try client.wire.startTLS(TLSOptions()) }
        #expect(try client.request().text == "hello")
        #expect(try client.request().text == "hello")
        let request = try #require(origin.requests.first)
        #expect(request["X-Real-IP"] == "203.0.113.9")
        #expect(request["X-Forwarded-For"] == "203.0.113.9")
        #expect(request["X-Forwarded-Port"] == "443")
        #expect(request["X-Forwarded-Proto"] == "https")
    }

    @Test func `may come byte by byte, together with what follows`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try rig(origin)
        let client = try rig.client()
        try client.sendByteByByte(Self.line)
        #expect(try client.request().text == "hello")
        let other = try rig.client()
        try other.send(Self.line + Client.head())
        #expect(try other.response().text == "hello")
    }

    @Test(arguments: [true, false])
    func `is demanded`(secure: Bool) throws {
        let rig = try rig(try ScriptedOrigin(answering: ""))
        let client = try Client(toPort: secure ? rig.securePort : rig.port)
        try client.send(Client.head())
        _ = try client.wire.waitForEnd()
        try eventually("the refusal to be counted") {
            rig.metric("gatehouse_limits_hit_total", "\"proxy_header\"") == 1
        }
    }
}

@Suite struct `TLS passed through` {
    /// An origin that terminates TLS itself is not needed to see that bytes pass as they are.
    private func rig(_ origin: ScriptedOrigin, sendsHeader: Bool = false) throws -> ProxyRig {
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        return try ProxyRig(
            Given.secureModel(
                origin, hosts: [(.exact("shop.example"), "shop/tls"), (.exact("raw.example"), nil)],
                certificates: [bundle]
            ) { host in
                guard host.name == .exact("raw.example") else { return }
                host.passthrough = Passthrough(
                    upstream: Given.upstream, sendsProxyHeader: sendsHeader, origin: .builtIn)
            })
    }

    /// A ClientHello of TLS 1.2 for a name.
    private func hello(_ name: String) -> [UInt8] {
        let name = Array(name.utf8)
        func block(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
        let sni: [UInt8] = [0, 0] + block(block([0] + block(name)))
        let body: [UInt8] = [3, 3] + Array(repeating: 7, count: 32) + [0] + block([0xc0, 0x2f]) + [1, 0] + block(sni)
        return [22, 3, 1] + block([1, 0] + block(body))
    }

    @Test func `goes to the upstream unopened, both ways`() throws {
        let hello = hello("raw.example")
        let origin = try ScriptedOrigin { connection in
            _ = try connection.bytes(hello.count)
            try connection.send("answer")
            _ = try connection.bytes(4)
            try connection.send("bye")
        }
        let rig = try rig(origin)
        let wire = try Wire(toPort: rig.securePort)
        let reader = MessageReader(wire)
        for byte in hello { try wire.send([byte]) }
        #expect(try reader.bytes(6) == Array("answer".utf8))
        try wire.send("more")
        #expect(try reader.bytes(3) == Array("bye".utf8))
        #expect(try wire.waitForEnd() == .closed)
        #expect(origin.received == [String(decoding: hello + Array("more".utf8), as: UTF8.self)])
    }

    @Test func `leaves other names to us`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let rig = try rig(origin)
        #expect(try rig.secureClient().request().text == "hello")
    }

    @Test func `tells the upstream of the client where it wants to know`() throws {
        let hello = hello("raw.example")
        let origin = try ScriptedOrigin { connection in
            while try connection.bytes(1) != Array("\n".utf8) {}
            _ = try connection.bytes(hello.count)
            try connection.send("answer")
        }
        let rig = try rig(origin, sendsHeader: true)
        let wire = try Wire(toPort: rig.securePort)
        try wire.send(hello)
        #expect(try MessageReader(wire).bytes(6) == Array("answer".utf8))
        #expect(origin.received.first?.hasPrefix("PROXY TCP4 127.0.0.1 127.0.0.1 ") == true)
    }

    @Test func `ends where no endpoint answers`() throws {
        let origin = try ScriptedOrigin(answering: "")
        let rig = try rig(origin)
        origin.stop()
        let wire = try Wire(toPort: rig.securePort)
        try wire.send(hello("raw.example"))
        _ = try wire.waitForEnd()
        try eventually("the failure to be counted") {
            rig.metric("gatehouse_upstream_failures_total", "refused") > 0
        }
    }
}
