import Model
import Proxy
import TestSupport
import Testing

/// HTTP/2 as browsers speak it: chosen in the TLS handshake (RFC 9113 §3.2).
@Suite struct `HTTP/2 over TLS` {
    private func model(
        _ origin: ScriptedOrigin, _ bundle: CertificateBundle, _ change: (inout Settings) -> Void = { _ in }
    ) -> ProxyModel {
        Given.secureModel(
            origin, hosts: [(.exact("shop.example"), "shop/tls")], certificates: [bundle],
            settings: Given.settings(change))
    }

    private func options(_ protocols: [String]) -> TLSOptions {
        var options = TLSOptions(authority: Given.authority)
        options.protocols = protocols
        return options
    }

    private func http2(_ rig: ProxyRig) throws -> HTTP2Peer {
        let peer = HTTP2Peer(try rig.secureClient(options(["h2"])).wire)
        try peer.beginAsClient()
        return peer
    }

    @Test(
        arguments: [
            (["h2"], true), (["h2", "http/1.1"], true), (["http/1.1", "h2"], true), (["http/1.1"], false), ([], false),
        ] as [([String], Bool)])
    func `is chosen where the client offers it`(offered: [String], isChosen: Bool) throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(model(origin, bundle))
        let client = try rig.secureClient(options(offered))
        #expect(client.wire.session?.isHTTP2 == isChosen)
        if isChosen {
            let peer = HTTP2Peer(client.wire)
            try peer.beginAsClient()
            #expect(try peer.message(peer.request(scheme: "https")).text == "hello")
        } else {
            #expect(try client.request().text == "hello")
        }
        #expect(origin.requests.first?["X-Forwarded-Proto"] == "https")
        #expect(rig.metric("gatehouse_http2_connections_total") == (isChosen ? 1 : 0))
    }

    @Test func `is not offered where it is switched off, nor in the clear`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(model(origin, bundle) { $0.http2.isOn = false }, http2: true)
        let client = try rig.secureClient(options(["h2", "http/1.1"]))
        #expect(client.wire.session?.isHTTP2 == false)
        #expect(try client.request().text == "hello")
        #expect(try #require(try rig.answer(to: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).status == 505)
    }

    @Test func `carries large bodies both ways at once`() throws {
        let size = 3 << 20
        let origin = try ScriptedOrigin { connection in
            while let head = try connection.head() {
                var check = PatternCheck()
                if head.method == "PUT" { try connection.readBody(.length(size)) { check.take($0) } }
                guard head.method == "GET" else {
                    try connection.respond("\(check.count) \(check.isIntact)")
                    continue
                }
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                try BodyPattern.send(size, to: connection.wire)
            }
        }
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        var model = model(origin, bundle)
        model.virtualHosts[0].routes[0].policy.bodyLimits = BodyLimits(requestBytes: nil)
        let rig = try ProxyRig(model)
        let client = try http2(rig)
        let download = try client.request()
        let upload = try client.request(method: "PUT", [("content-length", "\(size)")], endStream: false)
        try WindowedUpload(client, upload).sendRest(size)
        #expect(try client.message(upload).text == "\(size) true")
        var check = PatternCheck()
        check.take(try client.message(download).body[...])
        #expect(check.count == size)
        #expect(check.isIntact)
    }

    @Test func `keeps its streams while a certificate changes, which the next handshake meets`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin(holdingSlowUntil: gate)
        let (old, _) = Given.bundle("shop/tls", for: "shop.example")
        let (new, newCertificate) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(model(origin, old))
        let client = try http2(rig)
        let slow = try client.request("/slow")
        try origin.waitForRequests(1)
        rig.plane.apply(model(origin, new))
        #expect(try client.message(client.request("/quick")).text == "/quick")
        let next = try rig.secureClient(options(["h2"]))
        #expect(next.wire.session?.certificate == newCertificate.certificatePEM)
        gate.open()
        #expect(try client.message(slow).text == "/slow")
        #expect(!client.frames.contains { $0.kind == HTTP2Frame.Kind.goAway })
    }
}
