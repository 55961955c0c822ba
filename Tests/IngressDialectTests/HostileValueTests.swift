import Kubernetes
import Model
import Testing
import Translation

@testable import IngressDialect

/// Values that somebody wrote to do harm: they may cost their own Ingress, never another's, and never get
/// through unescaped.
@Suite struct `Hostile annotation value` {
    /// What would end a line, a string or a text where it came out as it went in.
    static let breaking: [String] = [
        "a\r\nX-Injected: yes", "a\nb", "a\rb", "a\u{0}b", "\u{0}", "\r\n\r\n", "$host\r\nX-Injected: $host",
        "https://a.example/\r\nX-Injected:yes", "/a\nX-Injected: yes", "X-A: b\r\nX-Injected: yes",
        "more_set_headers \"X-A: b\r\nX-Injected: yes\";", "return 301 /a\u{0}b\r\nX-Injected:yes;",
    ]

    static let values: [String] =
        breaking + [
            "", " ", "\n", "}", "{{", "${IFS}", "$request_uri$", "\\", "\"; return 200;", "/etc/passwd", "../../..",
            "%00",
            "%0d%0a", "ü", "\u{202E}", "\u{FEFF}true", "🤡", "(((((", "(a+)+$", "(.*)*$", "(?:a|aa)+$", "[", "\\Q",
            "(?R)",
            "(*UTF)x", "$99", "-1", "+5", "0x10", "1e9", "99999999999999999999", "-99999999999999999999",
            "9223372036854775807g", "9223372036854775807", "true\u{0}", "//evil.example.com", "/\\evil.example.com",
            "http://[::1", "javascript:alert(1)", "~(a+)+$ x",
        ] + [
            // As long as is read, and far longer.
            String(repeating: "a", count: 4096), String(repeating: "(", count: 4000),
            String(repeating: "a,", count: 2000),
            String(repeating: "$a", count: 2000),
            String(repeating: "(?:a|", count: 600) + String(repeating: ")", count: 600),
            String(repeating: "192.0.2.1,", count: 400), String(repeating: "[[:alpha:]]*", count: 300),
            String(repeating: "a", count: 1 << 20), String(repeating: "(", count: 20_000),
            String(repeating: "/", count: 20_000), String(repeating: "a,", count: 8000),
            String(repeating: "\n ", count: 8000), String(repeating: "10.0.0.0/8,", count: 100_000),
        ]

    /// An Ingress beside the hostile one, of another host and Service, that uses much of the dialect.
    static let neighbour: [KubernetesObject] = {
        let annotations = [
            "rewrite-target": "/$1", "proxy-body-size": "8m", "limit-rps": "5", "enable-cors": "true",
            "affinity": "cookie", "session-cookie-name": "route", "proxy-cookie-path": "/one/ /",
            "custom-http-errors": "404", "default-backend": "sorry", "x-forwarded-prefix": "/api",
            "allowlist-source-range": "192.0.2.0/24", "configuration-snippet": "more_set_headers \"X-A: b\";",
        ]
        var metadata = Metadata(name: "neighbour", namespace: "shop")
        metadata.annotations = annotations.sorted { $0.key < $1.key }.map {
            Metadata.Annotation(name: "nginx.ingress.kubernetes.io/\($0.key)", value: $0.value)
        }
        let host = Ingress(
            metadata: metadata, className: "nginx",
            rules: [Ingress.Rule(host: "other.example.com", paths: [Example.path("/a/(.*)", service: "sorry")])])
        return [.ingress(host)]
    }()

    /// A path of the hostile Ingress's own host.
    static let housemate = KubernetesObject.ingress(
        Ingress(
            metadata: Metadata(name: "housemate", namespace: "shop"), className: "nginx",
            rules: [Ingress.Rule(host: "shop.example.com", paths: [Example.path("/housemate", service: "sorry")])]))

    private static let bystanders = neighbour + [housemate]

    private static func translate(_ annotations: [String: String]) -> Translation {
        var translator = IngressTranslator(options: .withPaperCertificates)
        return translator.translate(
            Example.store(annotations, others: bystanders),
            names: ["auth.example.com": ["192.0.2.1"], "test.example.com": ["192.0.2.2"]])
    }

    private static func host(_ name: String, of model: ProxyModel) -> VirtualHost? {
        model.virtualHosts.first { $0.name == .exact(name) }
    }

    /// Every row with every value, and with what makes the row count.
    @Test(.timeLimit(.minutes(10)), arguments: AnnotationTable.ingressNginx.groups.flatMap(\.rows).map(\.name))
    func `harms nobody else, and has a bounded effect`(name: String) throws {
        let companions = `Annotation table`.companions[name] ?? [:]
        let row = try #require(AnnotationTable.ingressNginx[name])
        let without = Self.translate(companions)
        let other = try #require(Self.host("other.example.com", of: without.model))
        let sorry = without.model.upstreams.first { $0.id.name.hasPrefix("shop-sorry-80") }
        let housemate = Self.host("shop.example.com", of: without.model)?.routes.first {
            $0.labels.path == "/housemate"
        }
        let size = ModelPrinter().text(of: without.model).utf8.count
        for value in Self.values {
            let translation = Self.translate(companions.merging([name: value]) { $1 })
            let model = translation.model
            #expect(model.faults() == [], "\(name): \(quoted(value))")
            // The neighbour has the very policies that it has alone.
            #expect(Self.host("other.example.com", of: model) == other, "\(name): \(quoted(value))")
            var upstream = model.upstreams.first { $0.id == sorry?.id }
            // The oldest Ingress that uses an upstream is named as its origin, which means nothing for what it does.
            if let sorry { upstream?.origin = sorry.origin }
            #expect(upstream == sorry, "\(name): \(quoted(value))")
            // The first `proxy-ssl-` settings of a host are those of all its Ingresses that have none.
            if row.scope == .route, !name.hasPrefix("proxy-ssl-") {
                let now = Self.host("shop.example.com", of: model)?.routes.first { $0.labels.path == "/housemate" }
                #expect(
                    now?.policy == housemate?.policy && now?.action == housemate?.action, "\(name): \(quoted(value))")
            }
            // Work grows with what is read of a value alone, and that is bounded: so is what comes of it.
            #expect(ModelPrinter().text(of: model).utf8.count < size + 64 << 10, "\(name): \(quoted(value))")
            #expect(translation.diagnostics.count < without.diagnostics.count + 16, "\(name): \(quoted(value))")
            for diagnostic in translation.diagnostics {
                let text = diagnostic.description
                #expect(text.utf8.count < 1000 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }

    /// What the data plane writes it takes from the model: a text with a line end in it is nowhere to be found there.
    @Test(.timeLimit(.minutes(10)), arguments: AnnotationTable.ingressNginx.groups.flatMap(\.rows).map(\.name))
    func `brings no line end into the model`(name: String) {
        let companions = `Annotation table`.companions[name] ?? [:]
        for value in Self.breaking {
            var texts = ModelTexts()
            let model = Self.translate(companions.merging([name: value]) { $1 }).model
            texts.collect(model.virtualHosts)
            texts.collect(model.upstreams)
            #expect(texts.count > 10, "the model's texts are found")
            #expect(texts.broken == [], "\(name): \(quoted(value))")
        }
    }

    @Test(arguments: ["proxy-body-size", "canary-by-header-pattern", "session-cookie-name", "permanent-redirect"])
    func `that is too long is not read`(name: String) throws {
        let diagnostics = Self.translate([name: String(repeating: "1", count: 1 << 20)]).diagnostics
        let diagnostic = try #require(diagnostics.first { $0.field.contains("/\(name)]") })
        #expect(diagnostic.fault.hasPrefix("has 1048576 bytes; at most 4096 are read"))
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

/// The texts of a model, wherever they stand in it.
private struct ModelTexts {
    private(set) var count = 0
    /// Those that hold CR, LF or NUL.
    private(set) var broken: [String] = []

    mutating func collect(_ value: Any) {
        if let text = value as? String {
            count += 1
            if text.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) { broken.append(quoted(text)) }
            return
        }
        for child in Swift.Mirror(reflecting: value).children { collect(child.value) }
    }
}
