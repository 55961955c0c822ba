import Model
import TestSupport
import Testing

@testable import IngressDialect

/// What people write by mistake into the controller's ConfigMap, and what they are told, word for word.
@Suite struct `An unusable value of a key` {
    typealias Mistake = `An unusable value`.Mistake

    static let mistakes: [Mistake] = [
        Mistake("use-forwarded-headers", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("compute-full-forwarded-for", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "forwarded-for-header", "X Client",
            "expected a header name, got \"X Client\": the default X-Forwarded-For is used"),
        Mistake("enable-real-ip", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "proxy-real-ip-cidr", "10.0.0.0/8, everybody",
            "expected an address or a CIDR block, got \"everybody\": it counts as absent"),
        Mistake("use-proxy-protocol", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake("proxy-set-headers", "a/b/c", "expected name or namespace/name, got \"a/b/c\": it counts as absent"),
        Mistake(
            "proxy-set-headers", "ingress-nginx/none", "there is no ConfigMap ingress-nginx/none: no header is set",
            remedy: "add it"),
        Mistake("use-geoip2", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "geoip2-autoreload-in-minutes", "1h",
            "expected an integer from 0 to 2147483647, got \"1h\": the default 0 is used"),
        Mistake("enable-underscores-in-headers", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "large-client-header-buffers", "8k",
            "expected a number up to 64 and a size up to 1m, got \"8k\": the default 4 8k is used"),
        Mistake(
            "add-headers", "ingress-nginx/none", "there is no ConfigMap ingress-nginx/none: no header is set",
            remedy: "add it"),
        Mistake("hide-headers", "X-A, X B", "expected a header name, got \"X B\": it counts as absent"),
        Mistake("server-tokens", "off", "expected true or false, got \"off\": the default false is used"),
        Mistake("hsts", "on", "expected true or false, got \"on\": the default true is used"),
        Mistake(
            "hsts-max-age", "1y", "expected an integer from 0 to 2147483647, got \"1y\": the default 31536000 is used"),
        Mistake("hsts-include-subdomains", "on", "expected true or false, got \"on\": the default true is used"),
        Mistake("hsts-preload", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake("ssl-redirect", "off", "expected true or false, got \"off\": the default true is used"),
        Mistake("force-ssl-redirect", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake("http-redirect-code", "300", "expected 301, 302, 307 or 308, got \"300\": the default 308 is used"),
        Mistake(
            "ssl-protocols", "TLSv1.4",
            "expected TLSv1.2, TLSv1.3 or both, got \"TLSv1.4\": the default TLSv1.2 TLSv1.3 is used"),
        Mistake(
            "ssl-ciphers", "HIGH;x",
            "expected an OpenSSL cipher list, got \"HIGH;x\": the default ingress-nginx's list is used"),
        Mistake("ssl-reject-handshake", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake("use-http2", "on", "expected true or false, got \"on\": the default true is used"),
        Mistake(
            "proxy-body-size", "8mb",
            "expected digits with an optional unit k, m or g, got \"8mb\": the default 1m is used",
            remedy: "leave the b out"),
        Mistake(
            "proxy-connect-timeout", "5s",
            "expected whole seconds, from 1, without a unit, got \"5s\": the default 5 is used"),
        Mistake(
            "proxy-send-timeout", "0",
            "expected whole seconds, from 1, without a unit, got \"0\": the default 60 is used"),
        Mistake(
            "proxy-read-timeout", "1h",
            "expected whole seconds, from 1, without a unit, got \"1h\": the default 60 is used"),
        Mistake("proxy-buffering", "true", "expected on or off, got \"true\": the default off is used"),
        Mistake("proxy-request-buffering", "false", "expected on or off, got \"false\": the default automatic is used"),
        Mistake(
            "proxy-buffer-size", "8kb",
            "expected digits with an optional unit k, m or g, got \"8kb\": the default 4k is used",
            remedy: "leave the b out"),
        Mistake(
            "proxy-buffers-number", "4 8k", "expected an integer from 1 to 1048576, got \"4 8k\": the default 4 is used"
        ),
        Mistake(
            "proxy-next-upstream", "errors", "\"errors\" is no condition: the default error timeout is used",
            remedy: "did you mean error?"),
        Mistake(
            "proxy-next-upstream-tries", "-1", "expected an integer from 0 to 1000, got \"-1\": the default 3 is used"),
        Mistake(
            "proxy-next-upstream-timeout", "1m",
            "expected whole seconds, from 0, without a unit, got \"1m\": the default 0 is used"),
        Mistake(
            "upstream-keepalive-connections", "-1",
            "expected an integer from 0 to 65535, got \"-1\": the default 320 is used"),
        Mistake(
            "keep-alive", "75s", "expected whole seconds, from 0, without a unit, got \"75s\": the default 75 is used"),
        Mistake(
            "keep-alive-requests", "0", "expected an integer from 1 to 2147483647, got \"0\": the default 1000 is used"),
        Mistake(
            "load-balance", "least_request",
            "expected round_robin, ewma, least_conn or ip_hash, got \"least_request\": the default round_robin is used"),
        Mistake(
            "whitelist-source-range", "x", status: 503,
            "expected an address or a CIDR block, got \"x\": it may keep somebody out, so every Ingress answers 503"),
        Mistake(
            "denylist-source-range", "x", status: 503,
            "expected an address or a CIDR block, got \"x\": it may keep somebody out, so every Ingress answers 503"),
        Mistake(
            "limit-req-status-code", "200", "expected a status from 400 to 599, got \"200\": the default 503 is used"),
        Mistake(
            "limit-conn-status-code", "4291", "expected a status from 400 to 599, got \"4291\": the default 503 is used"
        ),
        Mistake(
            "global-auth-url", "ftp://x/", status: 503,
            "expected a URL that begins with http:// or https://: every Ingress answers 503"),
        Mistake(
            "custom-http-errors", "200",
            "expected statuses from 300 to 599 with commas between, got \"200\": it counts as absent"),
        Mistake("allow-snippet-annotations", "yes", "expected true or false, got \"yes\": the default true is used"),
        Mistake(
            "annotations-risk-level", "Highest",
            "expected Low, Medium, High or Critical, got \"Highest\": the default High, and snippets is used"),
        Mistake(
            "allow-cross-namespace-resources", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("strict-validate-path-type", "no", "expected true or false, got \"no\": the default true is used"),
        Mistake(
            "main-snippet", "worker_priority 1;",
            "line 1: \"worker_priority\" is no directive that Gatehouse knows: it counts as absent",
            remedy: "use an annotation, or have the backend do it; Docs/snippets.md lists the directives that act"),
        Mistake(
            "http-snippet", "lua_shared_dict a 1m;", "line 1: lua_shared_dict is not honoured: it counts as absent",
            remedy: "use annotations, or a service that auth-url asks"),
        Mistake(
            "server-snippet", "ssl_verify_client on;", status: 503,
            "line 1: ssl_verify_client is not honoured, and it might keep somebody out: its paths answer 503",
            remedy: "use the annotations auth-tls-secret and auth-tls-verify-client"),
        Mistake(
            "location-snippet", "deny;", status: 503,
            "line 1: deny has 0 words behind it, and it might keep somebody out: its paths answer 503",
            remedy: "write 1"),
        Mistake("log-format-escape-json", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("log-format-escape-none", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("disable-access-log", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("disable-http-access-log", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "skip-access-log-urls", "~(",
            "\"~(\" is no regular expression: missing closing parenthesis at offset 1: it counts as absent"),
        Mistake("enable-opentelemetry", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "enable-modsecurity", "maybe", status: 503,
            "is not honoured; it decides who may come in, so every Ingress answers 503",
            remedy: "take it out to serve everybody"),
        Mistake(
            "enable-owasp-modsecurity-crs", "maybe", status: 503,
            "is not honoured; it decides who may come in, so every Ingress answers 503",
            remedy: "take it out to serve everybody"),
        Mistake("use-gzip", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "worker-processes", "many",
            "expected auto or an integer from 1 to 256, got \"many\": the default auto is used"),
        Mistake(
            "worker-shutdown-timeout", "long", "expected a time such as 90s or 1h, got \"long\": it counts as absent"),
    ]

    @Test(arguments: mistakes)
    func `leaves the default, or closes what it guards, and tells why`(mistake: Mistake) throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: [mistake.name: mistake.value])
        #expect(try gate.request().status == mistake.status)
        let told = gate.diagnostics.filter { $0.field == "data.\(mistake.name)" }
        #expect(told.map(\.fault) == [mistake.fault])
        #expect(told.map(\.remedy) == [mistake.remedy])
        #expect(told.map(\.severity) == [mistake.status == 503 ? .rejected : .warning])
        #expect(gate.diagnostics.count == 1)
    }

    /// Keys without effect here, and one whose fault is found in the model, for all dialects alike.
    static let others: Set<String> = [
        "disable-stream-access-log", "log-format-upstream", "modsecurity-snippet", "otlp-collector-host",
        "otlp-collector-port", "proxy-busy-buffers-size", "stream-snippet",
    ]

    @Test func `of every key that is often set is here`() {
        let here = Set(Self.mistakes.map(\.name))
        #expect(Set(`Each promise of the tables`.usualKeys).subtracting(here) == Self.others)
    }
}
