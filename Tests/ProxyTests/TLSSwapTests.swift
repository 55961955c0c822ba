import Model
import Proxy
import TestSupport
import Testing

@Suite struct `TLS under reloads` {
    private func model(
        _ origin: ScriptedOrigin, _ bundle: CertificateBundle, _ change: (inout Settings) -> Void = { _ in }
    )
        -> ProxyModel
    {
        Given.secureModel(
            origin, hosts: [(.exact("shop.example"), "shop/tls")], certificates: [bundle],
            settings: Given.settings(change))
    }

    @Test func `a changed certificate serves the next handshake and closes nothing`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (old, oldCertificate) = Given.bundle("shop/tls", for: "shop.example")
        let (new, newCertificate) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(model(origin, old))
        let before = try rig.secureClient()
        #expect(try before.request().text == "hello")
        rig.plane.apply(model(origin, new))
        // Once a worker answers a request that came after the swap it has adopted it.
        #expect(try before.request().text == "hello")
        let after = try rig.secureClient()
        #expect(try before.request().text == "hello")
        #expect(before.wire.session?.certificate == oldCertificate.certificatePEM)
        #expect(after.wire.session?.certificate == newCertificate.certificatePEM)
    }

    @Test(arguments: [true, false], [true, false])
    func `sessions are resumed by other workers and after reloads`(tls13: Bool, tickets: Bool) throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let given = model(origin, bundle) { $0.tls.issuesTickets = tickets }
        let rig = try ProxyRig(given, workers: 2)
        var options = TLSOptions()
        options.speaksTLS13 = tls13
        let first = try rig.secureClient(options)
        #expect(try first.request().text == "hello")
        options.session = first.wire.resumable
        #expect(first.wire.session?.isResumed == false)
        // The kernel chooses the worker: of sixteen connections some meet the other one.
        for _ in 0..<16 {
            let next = try rig.secureClient(options)
            #expect(next.wire.session?.isResumed == true)
            #expect(try next.request().text == "hello")
        }
        rig.plane.apply(
            model(origin, bundle) {
                $0.tls.issuesTickets = tickets
                $0.tls.prefersServerCiphers = false
            })
        #expect(try first.request().text == "hello")
        #expect(try rig.secureClient(options).wire.session?.isResumed == true)
        try eventually("resumptions to be counted") { rig.metric("gatehouse_tls_resumptions_total") == 17 }
    }

    @Test func `a session of one host is not resumed by another`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (bundle, _) = Given.bundle("shop/tls", for: "shop.example")
        let rig = try ProxyRig(
            Given.secureModel(
                origin, hosts: [(.exact("shop.example"), "shop/tls"), (.exact("other.example"), "shop/tls")],
                certificates: [bundle]))
        let first = try rig.secureClient()
        #expect(try first.request().text == "hello")
        var options = TLSOptions("other.example")
        options.session = first.wire.resumable
        #expect(try rig.secureClient(options).wire.session?.isResumed == false)
    }

    @Test func `five thousand certificates are ready at once and loaded when asked for`() throws {
        let origin = try ScriptedOrigin(answering: "hello")
        let (bundle, certificate) = Given.bundle("shop/tls", for: "shop.example")
        let hosts = (0..<5000).map { (name: HostName.exact("h\($0).example"), certificate: String?("shop/tls-\($0)")) }
        let bundles = (0..<5000).map { index in
            var one = bundle
            one.id = CertificateID("shop/tls-\(index)")
            return one
        }
        let rig = try ProxyRig(Given.secureModel(origin, hosts: hosts, certificates: bundles))
        for index in [0, 2500, 4999] {
            let client = try rig.secureClient(TLSOptions("h\(index).example"))
            #expect(client.wire.session?.certificate == certificate.certificatePEM)
        }
    }
}
