import Kubernetes
import Model
import Testing
import Translation

@testable import IngressDialect

/// Values that somebody wrote to do harm: they may cost their own Ingress, never another's, and never get
/// through unescaped.
@Suite struct `Hostile annotation value` {
    static let values: [String] = [
        "", " ", "\n", "\u{0}", "a\r\nX-Injected: yes", "a\nb", "}", "{{", "${IFS}", "$request_uri$", "\\",
        "\"; return 200;",
        "/etc/passwd", "../../..", "%00", "%0d%0a", "ü", "\u{202E}", "\u{FEFF}true", "🤡", "(((((", "(a+)+$", "(.*)*$",
        "(?:a|aa)+$", "[", "\\Q", "(?R)", "(*UTF)x", "$99", "-1", "+5", "0x10", "1e9", "99999999999999999999",
        "9223372036854775807g", "true\u{0}", "//evil.example.com", "/\\evil.example.com", "http://[::1",
        "javascript:alert(1)",
        String(repeating: "a", count: 1 << 20), String(repeating: "(", count: 20_000),
        String(repeating: "/", count: 20_000), String(repeating: "a,", count: 8000),
        String(repeating: "\n ", count: 8000),
    ]

    static let neighbour: [KubernetesObject] = [
        .ingress(
            Ingress(
                metadata: Metadata(name: "neighbour", namespace: "other"), className: "nginx",
                rules: [Ingress.Rule(host: "other.example.com", paths: [Example.path("/", service: "web")])]))
    ]

    @Test(.timeLimit(.minutes(10)), arguments: AnnotationTable.ingressNginx.groups.flatMap(\.rows).map(\.name))
    func `harms nobody else`(name: String) throws {
        for value in Self.values {
            var translator = IngressTranslator()
            let translation = translator.translate(Example.store([name: value], others: Self.neighbour))
            #expect(translation.model.faults() == [], "\(name): \(quoted(value))")
            let host = try #require(translation.model.virtualHosts.first { $0.name == .exact("other.example.com") })
            #expect(host.routes.map(\.action) == [.forward(UpstreamID("other-web-80"))])
            for diagnostic in translation.diagnostics {
                let text = diagnostic.description
                #expect(text.utf8.count < 1000 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }

    @Test func `in a path costs its own Ingress alone`() throws {
        let paths = [
            "/\u{0}", "/a\nb", "/(", "/[", "/(?<", "/\\", "/(a+)+$", "/" + String(repeating: "a", count: 1 << 20), "/🤡",
            "x",
            "/ ", "/a b",
        ]
        for written in paths {
            for annotations in [[:], ["use-regex": "true"]] {
                var metadata = Metadata(name: "bad", namespace: "shop")
                metadata.annotations = annotations.map {
                    Metadata.Annotation(name: "nginx.ingress.kubernetes.io/\($0.key)", value: $0.value)
                }
                let bad = Ingress(
                    metadata: metadata, className: "nginx",
                    rules: [Ingress.Rule(host: "bad.example.com", paths: [Example.path(written, service: "web")])])
                var translator = IngressTranslator()
                let translation = translator.translate(Example.store([:], others: Self.neighbour + [.ingress(bad)]))
                #expect(translation.model.faults() == [])
                #expect(translation.model.virtualHosts.contains { $0.name == .exact("other.example.com") })
            }
        }
    }

    @Test func `in a host or Service name rejects the Ingress`() {
        for (host, service) in [
            ("a\nb", "web"), ("a b", "web"), ("*.", "web"), (String(repeating: "a.", count: 200), "web"),
            ("good.example.com", "we/b"), ("good.example.com", "web\u{0}"),
            ("good.example.com", String(repeating: "w", count: 64)),
        ] {
            let bad = Ingress(
                metadata: Metadata(name: "bad", namespace: "shop"), className: "nginx",
                rules: [Ingress.Rule(host: host, paths: [Example.path("/", service: service)])])
            var translator = IngressTranslator()
            let translation = translator.translate(ObjectStore([.ingress(bad)]))
            #expect(translation.rejected == [bad.reference], "\(host) \(service)")
            #expect(translation.model.virtualHosts.isEmpty)
        }
    }

    @Test func `never shows a secret`() {
        let secret = "hunter2hunter2"
        let store = Example.store(
            [
                "auth-url": "https://user:\(secret)@auth.example.com/", "auth-snippet": "proxy_set_header X \(secret);",
                "custom-headers": "shop/secretive",
            ],
            others: [
                .configMap(
                    ConfigMap(
                        metadata: Metadata(name: "secretive", namespace: "shop"),
                        data: [ConfigMap.Entry(key: "X-Token", value: "\(secret)\n")]))
            ])
        var translator = IngressTranslator()
        let translation = translator.translate(store)
        #expect(!translation.diagnostics.isEmpty)
        #expect(!translation.diagnostics.contains { $0.description.contains(secret) })
    }
}
