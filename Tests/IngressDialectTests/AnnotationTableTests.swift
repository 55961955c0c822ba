import Foundation
import Kubernetes
import Model
import Testing
import Translation

@testable import IngressDialect

@Suite struct `Annotation table` {
    static let rows = AnnotationTable.ingressNginx.groups.flatMap(\.rows)
    /// Annotations that are no ingress-nginx's, but that published manifests hold under its prefix.
    static let own = ["rate-limit", "rate-limit-window"]
    static let honoured = rows.filter { $0.support == .honoured }
    static let pending = rows.filter { $0.support != .honoured }

    @Test func `knows every annotation of ingress-nginx and both old names`() {
        #expect(Self.rows.count == 136 + Self.own.count)
        for name in Self.own { #expect(AnnotationTable.ingressNginx[name] != nil) }
        #expect(Self.rows.flatMap(\.aliases).sorted() == ["limit-whitelist", "whitelist-source-range"])
        #expect(Set(Self.rows.flatMap { [$0.name] + $0.aliases }).count == 138 + Self.own.count)
    }

    @Test func `says something about each`() {
        for row in Self.rows {
            #expect(!row.summary.isEmpty && !row.form.isEmpty && !row.example.isEmpty, "\(row.name)")
        }
    }

    static let authentication = ["auth-url": "http://auth.example.com/check"]
    static let mirror = ["mirror-target": "http://test.example.com/"]

    static let passwords = ["auth-type": "basic", "auth-secret": "passwords"]

    /// What else must be set for an annotation's example to show.
    static let companions: [String: [String: String]] = [
        "limit-burst-multiplier": ["limit-rps": "5"],
        "limit-allowlist": ["limit-rps": "5"],
        "rate-limit-window": ["rate-limit": "5"],
        "limit-rate-after": ["limit-rate": "100"],
        "auth-type": ["auth-secret": "passwords"],
        "auth-secret": ["auth-type": "basic", "auth-secret": "others"],
        "auth-secret-type": passwords, "auth-realm": passwords,
        "cors-allow-origin": ["enable-cors": "true"], "cors-allow-methods": ["enable-cors": "true"],
        "cors-allow-headers": ["enable-cors": "true"], "cors-allow-credentials": ["enable-cors": "true"],
        "cors-expose-headers": ["enable-cors": "true"], "cors-max-age": ["enable-cors": "true"],
        "opentelemetry-trust-incoming-span": ["enable-opentelemetry": "true"],
        "auth-method": authentication, "auth-signin": authentication,
        "auth-signin-redirect-param": authentication.merging(["auth-signin": "https://auth.example.com/start"]) { $1 },
        "auth-response-headers": authentication, "auth-request-redirect": authentication,
        "auth-proxy-set-headers": authentication, "auth-always-set-cookie": authentication,
        "auth-cache-key": authentication,
        "auth-cache-duration": authentication.merging(["auth-cache-key": "$http_authorization"]) { $1 },
        "auth-keepalive": authentication,
        "auth-keepalive-requests": authentication.merging(["auth-keepalive": "8"]) { $1 },
        "auth-keepalive-timeout": authentication.merging(["auth-keepalive": "8"]) { $1 },
        "mirror-request-body": mirror, "mirror-host": mirror,
        "custom-http-errors": ["default-backend": "sorry"],
        "disable-proxy-intercept-errors": ["default-backend": "sorry", "custom-http-errors": "404"],
        "permanent-redirect-code": ["permanent-redirect": "https://example.com/"],
        "temporal-redirect-code": ["temporal-redirect": "https://example.com/"],
        "canary-by-header": ["canary": "true"],
        "canary-by-header-value": ["canary": "true", "canary-by-header": "X-Canary"],
        "canary-by-header-pattern": ["canary": "true", "canary-by-header": "X-Canary"],
        "canary-by-cookie": ["canary": "true"],
        "canary-weight": ["canary": "true"],
        "canary-weight-total": ["canary": "true", "canary-weight": "10"],
        "affinity-canary-behavior": ["canary": "true"],
        "upstream-hash-by-subset": ["upstream-hash-by": "$host"],
        "upstream-hash-by-subset-size": ["upstream-hash-by": "$host", "upstream-hash-by-subset": "true"],
        "affinity-mode": ["affinity": "cookie"],
        "session-cookie-name": ["affinity": "cookie"],
        "session-cookie-path": ["affinity": "cookie"],
        "session-cookie-domain": ["affinity": "cookie"],
        "session-cookie-expires": ["affinity": "cookie"],
        "session-cookie-max-age": ["affinity": "cookie"],
        "session-cookie-secure": ["affinity": "cookie"],
        "session-cookie-samesite": ["affinity": "cookie"],
        "session-cookie-conditional-samesite-none": ["affinity": "cookie", "session-cookie-samesite": "None"],
        "session-cookie-change-on-failure": ["affinity": "cookie"],
        "proxy-redirect-from": ["proxy-redirect-to": "/"],
        "proxy-redirect-to": ["proxy-redirect-from": "/one/"],
        "auth-snippet": authentication,
        "x-forwarded-prefix": ["rewrite-target": "/$2"],
        "preserve-trailing-slash": ["force-ssl-redirect": "true"],
        "auth-tls-verify-client": ["auth-tls-secret": "shop/clients-ca"],
        "auth-tls-verify-depth": ["auth-tls-secret": "shop/clients-ca"],
        "auth-tls-error-page": ["auth-tls-secret": "shop/clients-ca"],
        "auth-tls-pass-certificate-to-upstream": ["auth-tls-secret": "shop/clients-ca"],
        "auth-tls-match-cn": ["auth-tls-secret": "shop/clients-ca"],
        "proxy-ssl-ciphers": ["proxy-ssl-secret": "shop/backend-tls"],
        "proxy-ssl-name": ["proxy-ssl-secret": "shop/backend-tls"],
        "proxy-ssl-protocols": ["proxy-ssl-secret": "shop/backend-tls"],
        "proxy-ssl-verify": ["proxy-ssl-secret": "shop/backend-tls"],
        "proxy-ssl-verify-depth": ["proxy-ssl-secret": "shop/backend-tls"],
        "proxy-ssl-server-name": ["proxy-ssl-secret": "shop/backend-tls"],
    ]

    @Test(arguments: honoured.map(\.name))
    func `gives an example that changes the model`(name: String) throws {
        let row = try #require(AnnotationTable.ingressNginx[name])
        let companions = Self.companions[name] ?? [:]
        // A canary means something beside a main Ingress alone; while it is none, both claim one path.
        let others =
            name.contains("canary")
            ? [Example.main] : name == "enable-global-auth" ? [Example.globalAuthentication] : []
        let translate = { annotations in
            Example.translate(
                annotations, others: others, hasCertificate: name == "ssl-redirect",
                path: name == "ssl-passthrough" ? "/" : Example.standardPath)
        }
        let without = translate(companions)
        let with = translate(companions.merging([name: row.example]) { $1 })
        #expect(with.model != without.model)
        #expect(name == "canary" ? with.diagnostics.isEmpty : with.diagnostics == without.diagnostics)
        #expect(with.rejected.isEmpty)
    }

    @Test(arguments: pending.map(\.name))
    func `names what it does not honour, and closes what it must`(name: String) throws {
        let row = try #require(AnnotationTable.ingressNginx[name])
        let translation = Example.translate([name: row.example])
        let diagnostic = try #require(translation.diagnostics.first { $0.field.contains("/\(name)]") })
        let actions = Set(translation.model.virtualHosts.flatMap(\.routes).map(\.action.isRefusal))
        switch row.support {
        case .honoured: Issue.record("\(name) is honoured")
        case .meaningless:
            #expect(diagnostic.severity == .warning)
            #expect(actions == [false])
        case .refused:
            #expect(diagnostic.severity == .rejected)
            #expect(actions == [true])
        }
        #expect(translation.rejected.isEmpty)
    }

    @Test(arguments: [
        ("secure-backends", "write backend-protocol: HTTPS"),
        ("global-rate-limit-window", "write limit-rps or limit-rpm"),
        ("session-cookie-hash", "take it out"), ("use-forwarded-headers", "write it there, for all Ingresses"),
        ("nonsense", "take it out"), ("proxy-body-sise", "did you mean proxy-body-size?"),
    ])
    func `says what to write instead of what has no effect`(name: String, remedy: String) throws {
        let diagnostic = try #require(
            Example.translate([name: "x"]).diagnostics.first { $0.field.contains("/\(name)]") })
        #expect(diagnostic.severity == .warning)
        #expect(diagnostic.remedy.hasPrefix(remedy))
        #expect(AnnotationTable.ingressNginx[name] == nil)
    }

    @Test(arguments: [
        ("proxy-body-sise", "proxy-body-size"), ("Use-Regex", "use-regex"), ("canary-weigth", "canary-weight"),
    ])
    func `suggests the nearest name`(written: String, meant: String) {
        #expect(AnnotationTable.ingressNginx.nearest(to: written) == meant)
    }

    @Test func `is what the reference page shows`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/annotations.md")
            .standardizedFileURL
        if Fixture.rewrites { try AnnotationReference.page().write(to: page, atomically: true, encoding: .utf8) }
        let written = try String(contentsOf: page, encoding: .utf8)
        #expect(written == AnnotationReference.page(), "make fixtures prints it anew")
    }
}

/// A small shop whose one Ingress carries the annotations under test.
enum Example {
    static let standardPath = "/api(/|$)(.*)"

    static func translate(
        _ annotations: [String: String], others: [KubernetesObject] = [], hasCertificate: Bool = false,
        path: String = standardPath
    ) -> Translation {
        var options = TranslationOptions.withPaperCertificates
        options.allowsPassthrough = true
        var translator = IngressTranslator(options: options)
        return translator.translate(
            store(annotations, others: others, hasCertificate: hasCertificate, path: path),
            names: ["auth.example.com": ["192.0.2.1"], "test.example.com": ["192.0.2.2"]])
    }

    /// An Ingress with the same host and path, and another Service.
    static let main = KubernetesObject.ingress(
        Ingress(
            metadata: Metadata(
                name: "main", namespace: "shop",
                annotations: [
                    Metadata.Annotation(name: "nginx.ingress.kubernetes.io/affinity", value: "cookie")
                ]), className: "nginx",
            rules: [Ingress.Rule(host: "shop.example.com", paths: [path("/api(/|$)(.*)", service: "sorry")])]))

    /// The controller's ConfigMap with authentication for everybody.
    static var globalAuthentication: KubernetesObject {
        .configMap(
            ConfigMap(
                metadata: Metadata(name: "ingress-nginx-controller", namespace: "ingress-nginx"),
                data: [ConfigMap.Entry(key: "global-auth-url", value: "http://auth.example.com/check")]))
    }

    /// A Secret that makes sense as a file of users and as a map of them.
    static func users(_ name: String) -> KubernetesObject {
        let user = name == "others" ? "cdNANd1rDfiNc" : "abNANd1rDfiNc"
        return .secret(
            Secret(
                metadata: Metadata(name: name, namespace: "shop"),
                data: ["auth": SecretBytes(Array("\(user):abNANd1rDfiNc".utf8))]))
    }

    static func store(
        _ annotations: [String: String], others: [KubernetesObject] = [], hasCertificate: Bool = false,
        path text: String = standardPath
    ) -> ObjectStore {
        var metadata = Metadata(name: "web", namespace: "shop")
        metadata.annotations = annotations.sorted { $0.key < $1.key }.map {
            Metadata.Annotation(name: "nginx.ingress.kubernetes.io/\($0.key)", value: $0.value)
        }
        let ingress = Ingress(
            metadata: metadata, className: "nginx",
            rules: [Ingress.Rule(host: "shop.example.com", paths: [path(text, service: "web")])],
            tls: hasCertificate ? [Ingress.TLS(hosts: ["shop.example.com"], secretName: nil)] : [])
        return ObjectStore(
            [.ingress(ingress)] + service("web") + service("sorry") + ["passwords", "others"].map(users) + [
                .secret(secret("clients-ca", ["ca.crt": "authorities"])),
                .secret(secret("backend-tls", ["ca.crt": "authorities"])),
                .configMap(
                    ConfigMap(
                        metadata: Metadata(name: "auth-headers", namespace: "shop"),
                        data: [ConfigMap.Entry(key: "X-From", value: "gate")])),
                .configMap(
                    ConfigMap(
                        metadata: Metadata(name: "response-headers", namespace: "shop"),
                        data: [ConfigMap.Entry(key: "X-Team", value: "shop")])),
                .configMap(
                    ConfigMap(
                        metadata: Metadata(name: "ingress-nginx-controller", namespace: "ingress-nginx"),
                        data: [ConfigMap.Entry(key: "global-allowed-response-headers", value: "X-Team")])),
            ] + others)
    }

    static func path(_ path: String, service: String) -> Ingress.Path {
        Ingress.Path(
            path, type: .implementationSpecific, backend: Ingress.Backend(.service(name: service, port: .number(80))))
    }

    static func service(_ name: String) -> [KubernetesObject] {
        [
            .service(
                Service(
                    metadata: Metadata(name: name, namespace: "shop"), clusterIP: "10.96.0.1",
                    ports: [Service.Port(port: 80)])),
            .endpointSlice(
                EndpointSlice(
                    metadata: Metadata(
                        name: "\(name)-1", namespace: "shop", labels: [EndpointSlice.serviceNameLabel: name]),
                    ports: [EndpointSlice.Port(port: 8080)],
                    endpoints: [EndpointSlice.Endpoint(addresses: ["10.0.0.1"])])),
        ]
    }
}

extension Example {
    private static func secret(_ name: String, _ data: [String: String]) -> Secret {
        Secret(
            metadata: Metadata(name: name, namespace: "shop"), data: data.mapValues { SecretBytes(Array($0.utf8)) })
    }
}

extension RouteAction {
    var isRefusal: Bool {
        if case .refuse(503, _) = self { true } else { false }
    }
}
