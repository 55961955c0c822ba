import Model
import TestSupport
import Testing

/// What nobody can do for an Ingress here is said, and where it keeps people out nobody comes in.
@Suite struct `Annotations of things that are not here` {
    @Test(
        .shows(
            effectOf: "enable-modsecurity", "enable-owasp-core-rules", "modsecurity-snippet",
            "modsecurity-transaction-id", "stream-snippet"),
        .shows(badValueOf: "enable-modsecurity", "enable-owasp-core-rules", "opentelemetry-operation-name"),
        arguments: [
            ("enable-modsecurity", "true", 503), ("enable-modsecurity", "false", 200),
            ("enable-modsecurity", "maybe", 503),
            ("enable-owasp-core-rules", "true", 503), ("enable-owasp-core-rules", "false", 200),
            ("enable-owasp-core-rules", "maybe", 503), ("modsecurity-snippet", "SecRuleEngine On", 503),
            ("modsecurity-transaction-id", "$request_id", 200), ("stream-snippet", "server { listen 8000; }", 200),
            ("fastcgi-index", "index.php", 200), ("fastcgi-index", "a b", 404),
            ("fastcgi-params-configmap", "shop/params", 200), ("fastcgi-params-configmap", "a b", 404),
            ("backend-protocol", "FCGI", 503), ("enable-rewrite-log", "true", 200),
            ("opentelemetry-operation-name", "shop", 200), ("opentelemetry-operation-name", "my shop", 404),
        ])
    func `are named, and refuse requests where they decide who comes in`(
        name: String, value: String, status: Int
    ) throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress([name: value]), Manifests.ingress([:], name: "other", host: "other.example"),
            ], origins: ["web": [ScriptedOrigin(answering: "ok")]])
        #expect(try gate.request().status == status)
        #expect(try gate.request(host: "other.example").status == 200)
        let severities = gate.diagnostics.filter { $0.field.contains("/\(name)]") }.map(\.severity)
        #expect(severities == [status == 200 ? .warning : .rejected])
    }

    @Test(
        .shows(
            defaultOf: "enable-modsecurity", "enable-owasp-core-rules", "modsecurity-snippet",
            "modsecurity-transaction-id", "stream-snippet", "enable-rewrite-log", "opentelemetry-operation-name",
            "fastcgi-index", "fastcgi-params-configmap", "http2-push-preload", "auth-keepalive-share-vars",
            "proxy-busy-buffers-size"))
    func `change nothing by default`() throws {
        let gate = try Gate([:], origin: ScriptedOrigin(answering: "ok"))
        #expect(gate.diagnostics.isEmpty)
        #expect(try gate.request().status == 200)
    }

    @Test(
        .shows(effectOf: "ConfigMap/enable-modsecurity", "ConfigMap/enable-owasp-modsecurity-crs"),
        arguments: ["enable-modsecurity", "enable-owasp-modsecurity-crs"])
    func `of the ConfigMap close every Ingress but those that say no`(key: String) throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress([:]),
                Manifests.ingress(["enable-modsecurity": "false"], name: "other", host: "other.example"),
            ], origins: ["web": [ScriptedOrigin(answering: "ok")]], configMap: [key: "true"])
        #expect(try gate.request().status == 503)
        #expect(try gate.request(host: "other.example").status == 200)
    }
}
