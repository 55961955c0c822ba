import Kubernetes
import Model
import Synchronization
import Testing
import Translation

@testable import IngressDialect

/// A translator that has seen earlier objects must say what a new one says.
@Suite struct `Translator that was used before` {
    /// A deterministic source of choices.
    struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % sides
        }
    }

    @Test(arguments: 1...8)
    func `agrees with a new one after every change`(seed: UInt64) {
        var dice = Dice(state: seed)
        var store = ObjectStore()
        var used = IngressTranslator()
        for _ in 0..<150 {
            change(&store, &dice)
            let kept = used.translate(store)
            var fresh = IngressTranslator()
            let new = fresh.translate(store)
            #expect(kept.model == new.model)
            #expect(Set(kept.diagnostics) == Set(new.diagnostics))
            #expect(kept.rejected == new.rejected)
            #expect(new.model.faults() == [])
        }
    }

    private func change(_ store: inout ObjectStore, _ dice: inout Dice) {
        let name = "o\(dice.roll(6))"
        switch dice.roll(12) {
        case 0: store.remove(ObjectReference(kind: .ingress, namespace: "shop", name: name))
        case 1: store.remove(ObjectReference(kind: .service, namespace: "shop", name: name))
        case 2: store.remove(ObjectReference(kind: .endpointSlice, namespace: "shop", name: "\(name)-1"))
        case 3...4: Example.service(name).forEach { store.put($0) }
        case 5:
            let keys = [
                "proxy-body-size": "9m", "load-balance": "ewma", "use-gzip": "true", "annotations-risk-level": "Low",
            ]
            let chosen = keys.sorted { $0.key < $1.key }.filter { _ in dice.roll(3) == 0 }
            store.put(
                .configMap(
                    ConfigMap(
                        metadata: Metadata(name: "ingress-nginx-controller", namespace: "ingress-nginx"),
                        data: chosen.map { ConfigMap.Entry(key: $0.key, value: $0.value) })))
        case 6 where dice.roll(4) == 0:
            let kind = IngressClass(
                metadata: Metadata(name: "nginx", namespace: ""),
                controller: dice.roll(2) == 0 ? "k8s.io/ingress-nginx" : "example.com/other")
            store.put(.ingressClass(kind))
        case 6: store.remove(ObjectReference(kind: .ingressClass, namespace: "", name: "nginx"))
        default: store.put(.ingress(ingress(name, &dice)))
        }
    }

    private func ingress(_ name: String, _ dice: inout Dice) -> Ingress {
        let possible = [
            ("use-regex", "true"), ("rewrite-target", "/$1"), ("default-backend", "o\(dice.roll(6))"),
            ("proxy-read-timeout", "\(dice.roll(9))"), ("auth-type", "basic"), ("auth-tls-secret", "shop/ca"),
            ("server-alias", "alias\(dice.roll(3)).example.com"), ("app-root", "/app"), ("canary", "true"),
            ("upstream-vhost", "$service_name"), ("load-balance", ["ewma", "ip_hash", "none"][dice.roll(3)]),
        ]
        let chosen = possible.filter { _ in dice.roll(7) == 0 }
        var metadata = Metadata(name: name, namespace: "shop")
        metadata.creationTimestamp = dice.roll(2) == 0 ? nil : Timestamp(seconds: Int64(dice.roll(3)))
        metadata.annotations = chosen.map {
            Metadata.Annotation(name: "nginx.ingress.kubernetes.io/\($0.0)", value: $0.1)
        }
        let paths = ["/", "/a", "/a/b", "/a(.*)", "/("]
        let rules = (0...dice.roll(2)).map { _ in
            Ingress.Rule(
                host: ["a.example.com", "b.example.com", "*.example.com", "192.0.2.1", nil][dice.roll(5)],
                paths: (0...dice.roll(2)).map { _ in
                    Example.path(paths[dice.roll(paths.count)], service: "o\(dice.roll(6))")
                })
        }
        return Ingress(metadata: metadata, className: "nginx", rules: rules)
    }

    @Test func `keeps the storage of hosts that did not change`() throws {
        var store = Example.store([:])
        for number in 0..<20 {
            store.put(
                .ingress(
                    Ingress(
                        metadata: Metadata(name: "i\(number)", namespace: "shop"), className: "nginx",
                        rules: [
                            Ingress.Rule(host: "h\(number).example.com", paths: [Example.path("/", service: "web")])
                        ])))
        }
        var translator = IngressTranslator()
        let before = translator.translate(store)
        store.put(
            .ingress(
                Ingress(
                    metadata: Metadata(name: "i3", namespace: "shop"), className: "nginx",
                    rules: [Ingress.Rule(host: "h3.example.com", paths: [Example.path("/new", service: "web")])])))
        let after = translator.translate(store)
        let changes = ModelDiff(from: before.model, to: after.model).changes
        #expect(changes.map(\.kind) == [.added, .removed])
    }

    @Test func `takes a certificate back once it has expired`() {
        let now = Mutex(PaperCertificates.now)
        let paper = PaperCertificates.inspector
        var options = TranslationOptions()
        options.certificates = CertificateInspector(
            identity: paper.identity, authorities: paper.authorities, revocations: paper.revocations,
            now: { now.withLock { $0 } })
        let store = ObjectStore(
            Example.service("web") + [
                .secret(
                    Secret(
                        metadata: Metadata(name: "tls", namespace: "shop"),
                        data: [
                            "tls.crt": SecretBytes(Array("for shop.example.com until 1900000000".utf8)),
                            "tls.key": SecretBytes(Array("key".utf8)),
                        ])),
                .ingress(
                    Ingress(
                        metadata: Metadata(name: "web", namespace: "shop"), className: "nginx",
                        rules: [Ingress.Rule(host: "shop.example.com", paths: [Example.path("/", service: "web")])],
                        tls: [Ingress.TLS(hosts: ["shop.example.com"], secretName: "tls")])),
            ])
        var translator = IngressTranslator(options: options)
        let before = translator.translate(store)
        #expect(before.model.certificates.map(\.id.name) == ["shop/tls"])
        #expect(before.validUntil == 1_900_000_000)
        now.withLock { $0 = 1_900_000_000 }
        let after = translator.translate(store)
        #expect(after.model.certificates == [])
        #expect(after.model.virtualHosts.first?.tls == HostTLS())
        #expect(after.diagnostics.contains { $0.fault.contains("expired on 2030-03-17") })
    }

    @Test func `tells two stores of the same version apart`() {
        var translator = IngressTranslator()
        let one = translator.translate(Example.store(["proxy-body-size": "2m"]))
        let two = translator.translate(Example.store(["proxy-body-size": "3m"]))
        #expect(one.model != two.model)
    }
}
