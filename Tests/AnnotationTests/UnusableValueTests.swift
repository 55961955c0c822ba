import Model
import TestSupport
import Testing

@testable import IngressDialect

/// What people write by mistake, what the client then sees, and what they are told, word for word.
///
/// What each default does on the wire is shown in the suites of the rows; here it is shown that nothing but the row of the
/// mistake is touched and that the diagnostic says what is wrong, what came of it and, where it isn't plain, what to do.
@Suite struct `An unusable value` {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var name: String
        var value: String
        /// What a request meets.
        var status: Int
        var fault: String
        var remedy: String
        var testDescription: String { "\(name): \(value)" }

        init(_ name: String, _ value: String, status: Int = 200, _ fault: String, remedy: String = "") {
            (self.name, self.value, self.status, self.fault, self.remedy) = (name, value, status, fault, remedy)
        }
    }

    static let mistakes: [Mistake] = [
        Mistake("use-regex", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "rewrite-target", "/s?q=$1",
            "expected letters, digits and - . _ ~ / : $, got \"/s?q=$1\": it counts as absent"),
        Mistake("app-root", "start", "expected an absolute path such as /app, got \"start\": it counts as absent"),
        Mistake(
            "upstream-vhost", "a b", status: 404,
            "expected letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\, at most 255, got \"a b\": the Ingress is rejected"
        ),
        Mistake(
            "server-alias", "-.example", status: 404,
            "expected a host name, *.name, name.* or ~regex, got \"-.example\": the Ingress is rejected"),
        Mistake(
            "x-forwarded-prefix", "/a b", status: 404,
            "expected letters, digits and - . _ ~ / : $, got \"/a b\": the Ingress is rejected"),
        Mistake(
            "permanent-redirect", "https://x.example$request_uri", status: 404,
            "expected a URL of letters, digits and - . _ ~ / : , ? & =, got \"https://x.example$request_uri\": the Ingress is rejected"
        ),
        Mistake(
            "permanent-redirect-code", "301x", status: 404,
            "expected a status from 300 to 308, got \"301x\": the Ingress is rejected"),
        Mistake(
            "permanent-redirect-code", "200", status: 301,
            "expected a status from 300 to 308, got \"200\": the default 301 is used"),
        Mistake(
            "temporal-redirect", "other.example/soon",
            "expected a URL that begins with http:// or https://, got \"other.example/soon\": all annotations of its group count as absent"
        ),
        Mistake(
            "temporal-redirect", "https://x.example/#top", status: 404,
            "expected a URL of letters, digits and - . _ ~ / : , ? & =, got \"https://x.example/#top\": the Ingress is rejected"
        ),
        Mistake(
            "temporal-redirect-code", "soon", status: 404,
            "expected a status from 300 to 307, got \"soon\": the Ingress is rejected"),
        Mistake(
            "temporal-redirect-code", "308", status: 302,
            "expected a status from 300 to 307, got \"308\": the default 302 is used"),
        Mistake(
            "relative-redirects", "yes", status: 404, "expected true or false, got \"yes\": the Ingress is rejected"),
        Mistake("use-port-in-redirects", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake("ssl-redirect", "no", "expected true or false, got \"no\": the default true is used"),
        Mistake("force-ssl-redirect", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "preserve-trailing-slash", "yes", status: 308,
            "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "from-to-www-redirect", "www", status: 404, "expected true or false, got \"www\": the Ingress is rejected"),
        Mistake(
            "ssl-ciphers", "HIGH;aNULL", status: 404,
            "expected an OpenSSL cipher list, got \"HIGH;aNULL\": the Ingress is rejected"),
        Mistake(
            "ssl-prefer-server-ciphers", "never", "expected true or false, got \"never\": the default true is used"),
        Mistake("ssl-passthrough", "on", status: 404, "expected true or false, got \"on\": the Ingress is rejected"),
        Mistake(
            "auth-tls-secret", "shop/cli ents", status: 404,
            "expected name or namespace/name, got \"shop/cli ents\": the Ingress is rejected"),
        Mistake(
            "auth-tls-verify-client", "required",
            "expected on, off, optional or optional_no_ca, got \"required\": the default on is used"),
        Mistake(
            "auth-tls-verify-depth", "deep", "expected an integer from 0 to 100, got \"deep\": the default 1 is used"),
        Mistake(
            "auth-tls-error-page", "@denied",
            "\"@denied\" is a location of nginx, which is not there: it counts as absent",
            remedy: "write a URL or a path"),
        Mistake(
            "auth-tls-pass-certificate-to-upstream", "yes", status: 404,
            "expected true or false, got \"yes\": the Ingress is rejected"),
        Mistake(
            "auth-tls-match-cn", "web", status: 404,
            "expected CN= and a regular expression, got \"web\": the Ingress is rejected"),
        Mistake(
            "proxy-ssl-secret", "shop/a/b", status: 404,
            "expected name or namespace/name, got \"shop/a/b\": the Ingress is rejected"),
        Mistake(
            "proxy-ssl-ciphers", "HIGH;aNULL",
            "expected an OpenSSL cipher list, got \"HIGH;aNULL\": the default DEFAULT is used"),
        Mistake("proxy-ssl-name", "not a name", "expected a host name, got \"not a name\": it counts as absent"),
        Mistake(
            "proxy-ssl-protocols", "TLSv9",
            "expected TLSv1.2, TLSv1.3 or both, got \"TLSv9\": the default TLSv1.2 is used"),
        Mistake("proxy-ssl-verify", "true", status: 503, "expected on or off, got \"true\": every path answers 503"),
        Mistake(
            "proxy-ssl-verify-depth", "deep", "expected an integer from 0 to 100, got \"deep\": the default 1 is used"),
        Mistake("proxy-ssl-server-name", "true", "expected on or off, got \"true\": the default off is used"),
        Mistake("canary", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake("canary-by-header", "X Canary", "expected the name of a header, got \"X Canary\": it counts as absent"),
        Mistake(
            "canary-by-header-value", "a b",
            "expected letters, digits and - . _ ~ / :, got \"a b\": it counts as absent"),
        Mistake(
            "canary-by-header-pattern", "beta;",
            "expected a regular expression of letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\, got \"beta;\": it counts as absent"
        ),
        Mistake(
            "canary-by-header-pattern", "(beta",
            "\"(beta\" is no regular expression: missing closing parenthesis at offset 5: requests with the header go to the main Ingress",
            remedy: "write a PCRE2 pattern"),
        Mistake("canary-by-cookie", "a;b", "expected the name of a cookie, got \"a;b\": it counts as absent"),
        Mistake("canary-weight", "10%", "expected an integer, got \"10%\": the default 0 is used"),
        Mistake("canary-weight-total", "all", "expected an integer, got \"all\": the default 100 is used"),
        Mistake(
            "load-balance", "fastest", status: 404,
            "expected round_robin, ewma, least_conn or ip_hash, got \"fastest\": the Ingress is rejected"),
        Mistake(
            "load-balance", "sticky_balanced",
            "sticky_balanced is chosen by annotations of its own: the default round_robin is used",
            remedy: "use upstream-hash-by or affinity"),
        Mistake("service-upstream", "yes", "expected true or false, got \"yes\": the default false is used"),
        Mistake(
            "upstream-hash-by", "$request_uri; x", status: 404,
            "expected text of letters, digits and - _ $ { }, got \"$request_uri; x\": the Ingress is rejected"),
        Mistake(
            "upstream-hash-by-subset", "yes", status: 404,
            "expected true or false, got \"yes\": the Ingress is rejected"),
        Mistake(
            "upstream-hash-by-subset-size", "-1", status: 404,
            "expected an integer from 0, got \"-1\": the Ingress is rejected"),
        Mistake("affinity", "ip", "expected cookie, got \"ip\": it counts as absent"),
        Mistake(
            "affinity-mode", "sometimes",
            "expected balanced or persistent, got \"sometimes\": the default balanced is used"),
        Mistake(
            "affinity-canary-behavior", "glue", "expected sticky or legacy, got \"glue\": the default sticky is used"),
        Mistake(
            "session-cookie-name", "a;b",
            "expected the name of a cookie, got \"a;b\": the default INGRESSCOOKIE is used"),
        Mistake(
            "session-cookie-path", "/; Secure",
            "expected a URL of letters, digits and - . _ ~ / : , ? & =, got \"/; Secure\": the default Ingress path is used"
        ),
        Mistake(
            "session-cookie-domain", "a b", "expected letters, digits and - . _ ~ / :, got \"a b\": it counts as absent"
        ),
        Mistake(
            "session-cookie-expires", "soon",
            "expected an integer from -10000000000 to 10000000000, got \"soon\": it counts as absent"),
        Mistake(
            "session-cookie-max-age", "2d",
            "expected an integer from -10000000000 to 10000000000, got \"2d\": it counts as absent"),
        Mistake(
            "session-cookie-secure", "maybe",
            "expected true or false, got \"maybe\": the default as the connection is used"),
        Mistake("session-cookie-samesite", "lax", "\"lax\" is not spelt Lax: no cookie is set", remedy: "write Lax"),
        Mistake(
            "session-cookie-samesite", "Sometimes",
            "expected None, Lax or Strict, got \"Sometimes\": it counts as absent"),
        Mistake(
            "session-cookie-conditional-samesite-none", "maybe",
            "expected true or false, got \"maybe\": the default false is used"),
        Mistake(
            "session-cookie-change-on-failure", "maybe",
            "expected true or false, got \"maybe\": the default false is used"),
        Mistake(
            "limit-rps", "5/s", status: 404,
            "expected an integer, at most 1000000000, got \"5/s\": the Ingress is rejected"),
        Mistake(
            "limit-rpm", "1.5", status: 404,
            "expected an integer, at most 1000000000, got \"1.5\": the Ingress is rejected"),
        Mistake(
            "limit-burst-multiplier", "much",
            "expected an integer from 0 to 1000000, got \"much\": the default 5 is used"),
        Mistake(
            "limit-connections", "ten", status: 404,
            "expected an integer, at most 1000000000, got \"ten\": the Ingress is rejected"),
        Mistake(
            "limit-allowlist", "10.0.0.0/33", status: 404,
            "expected an address or a CIDR block, got \"10.0.0.0/33\": the Ingress is rejected"),
        Mistake(
            "limit-whitelist", "everybody", status: 404,
            "expected an address or a CIDR block, got \"everybody\": the Ingress is rejected"),
        Mistake(
            "rate-limit-window", "25h", status: 404,
            "expected a time such as 30s, 1m or 1h, at most 24h, got \"25h\": the Ingress is rejected"),
        Mistake(
            "rate-limit", "100/m", status: 404,
            "expected an integer, at most 1000000000, got \"100/m\": the Ingress is rejected"),
        Mistake("limit-rate", "64k", "expected KiB, at most 1000000000, got \"64k\": the default 0 is used"),
        Mistake("limit-rate-after", "much", "expected KiB, at most 1000000000, got \"much\": the default 0 is used"),
        Mistake(
            "allowlist-source-range", "10.0.0.0/99", status: 503,
            "expected an address or a CIDR block, got \"10.0.0.0/99\": every path answers 503"),
        Mistake(
            "whitelist-source-range", "localhost", status: 503,
            "expected an address or a CIDR block, got \"localhost\": every path answers 503"),
        Mistake(
            "denylist-source-range", "everybody", status: 503,
            "expected an address or a CIDR block, got \"everybody\": every path answers 503"),
        Mistake("satisfy", "some", "expected all or any, got \"some\": the default all is used"),
        Mistake(
            "auth-type", "kerberos", status: 503, "expected basic or digest, got \"kerberos\": every path answers 503"),
        Mistake(
            "auth-secret", "a/b/c", status: 503,
            "expected name or namespace/name, got \"a/b/c\": every path answers 503"),
        Mistake(
            "auth-secret-type", "file", status: 503,
            "expected auth-file or auth-map, got \"file\": every path answers 503"),
        Mistake(
            "auth-realm", "a\"b", status: 503,
            "expected letters, digits and - . _ ~ / : and blanks, at most 256, got \"a\\\"b\": every path answers 503"),
        Mistake(
            "auth-url", "ftp://auth.shop.svc/", status: 503,
            "expected a URL that begins with http:// or https://: every path answers 503"),
        Mistake(
            "auth-method", "get", status: 503,
            "expected GET, HEAD, POST, PUT, PATCH, DELETE, CONNECT, OPTIONS or TRACE, got \"get\": every path answers 503"
        ),
        Mistake(
            "auth-signin", "https://login.example/#top",
            "expected letters, digits, blanks and - . _ ~ / : , ? & = $, at most 2048, got \"https://login.example/#top\": it counts as absent"
        ),
        Mistake(
            "auth-signin-redirect-param", "a#b",
            "expected letters, digits and - . _ ~ / : , ? & =, at most 255, got \"a#b\": the default rd is used"),
        Mistake(
            "auth-response-headers", "X User", status: 503,
            "expected header names with commas between, got \"X User\": every path answers 503"),
        Mistake(
            "auth-request-redirect", "https://shop.example/$uri", status: 503,
            "expected a URL of letters, digits and - . _ ~ / : , ? & =, got \"https://shop.example/$uri\": every path answers 503"
        ),
        Mistake(
            "auth-proxy-set-headers", "a/b/c", status: 503,
            "expected name or namespace/name, got \"a/b/c\": every path answers 503"),
        Mistake(
            "auth-snippet", "auth_basic x;", status: 503,
            "line 1: auth_basic has no place in an auth request, and it might keep somebody out: its paths answer 503",
            remedy: "write it in configuration-snippet"),
        Mistake(
            "auth-always-set-cookie", "always", status: 503,
            "expected true or false, got \"always\": every path answers 503"),
        Mistake(
            "auth-cache-key", "a b",
            "expected letters, digits and - _ $ { }, at most 1024, got \"a b\": it counts as absent"),
        Mistake(
            "auth-cache-duration", "5m 200", status: 503,
            "expected statuses and a time such as 200 202 5m, with commas between, got \"5m 200\": every path answers 503"
        ),
        Mistake("auth-keepalive", "many", "expected an integer from 0 to 65535, got \"many\": the default 0 is used"),
        Mistake(
            "auth-keepalive-requests", "many",
            "expected an integer from -2147483648 to 2147483647, got \"many\": the default 1000 is used"),
        Mistake(
            "auth-keepalive-timeout", "60s",
            "expected an integer from -2147483648 to 31536000, got \"60s\": the default 60 is used"),
        Mistake("enable-global-auth", "perhaps", "expected true or false, got \"perhaps\": the default true is used"),
        Mistake("enable-cors", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "cors-allow-origin", "a.example",
            "\"a.example\" is no scheme://host with an optional port, so it is left out"),
        Mistake(
            "cors-allow-methods", "GET; POST",
            "expected letters with commas and blanks between, got \"GET; POST\": the default GET, PUT, POST, DELETE, PATCH, OPTIONS is used"
        ),
        Mistake(
            "cors-allow-headers", "X-A: 1",
            "expected header names with commas between, got \"X-A: 1\": the default DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization is used"
        ),
        Mistake("cors-allow-credentials", "maybe", "expected true or false, got \"maybe\": the default true is used"),
        Mistake(
            "cors-expose-headers", "a$b",
            "expected header names with commas between, or *, got \"a$b\": it counts as absent"),
        Mistake(
            "cors-max-age", "1d", "expected an integer from -1 to 2147483647, got \"1d\": the default 1728000 is used"),
        Mistake(
            "custom-headers", "shop/an swers",
            "expected name or namespace/name, got \"shop/an swers\": it counts as absent"),
        Mistake(
            "custom-headers", "shop/missing", status: 503, "there is no ConfigMap shop/missing: every path answers 503",
            remedy: "add it"),
        Mistake(
            "proxy-body-size", "8mb",
            "expected digits with an optional unit k, m or g, got \"8mb\": the default 1m is used",
            remedy: "leave the b out"),
        Mistake(
            "client-body-buffer-size", "8kb", status: 404,
            "expected digits with an optional unit k, m or g, got \"8kb\": the Ingress is rejected",
            remedy: "leave the b out"),
        Mistake("proxy-request-buffering", "true", "expected on or off, got \"true\": the default automatic is used"),
        Mistake("proxy-buffering", "true", "expected on or off, got \"true\": the default off is used"),
        Mistake(
            "proxy-buffers-number", "none", "expected an integer from 1 to 1048576, got \"none\": the default 4 is used"
        ),
        Mistake(
            "proxy-buffer-size", "64kb",
            "expected digits with an optional unit k, m or g, got \"64kb\": the default 4k is used",
            remedy: "leave the b out"),
        Mistake(
            "proxy-max-temp-file-size", "some",
            "expected digits with an optional unit k, m or g, got \"some\": the default 1024m is used"),
        Mistake(
            "proxy-cookie-domain", "one",
            "expected off, or two words such as /one/ /, got \"one\": the default off is used"),
        Mistake(
            "proxy-cookie-path", "/one/ /; Secure",
            "expected off, or two words such as /one/ /, got \"/one/ /; Secure\": the default off is used"),
        Mistake(
            "proxy-redirect-from", "a b",
            "expected a URL of letters, digits and - . _ ~ / : , ? & =, or a ~regex, got \"a b\": the default off is used"
        ),
        Mistake(
            "proxy-redirect-to", "/#top",
            "expected a URL of letters, digits and - . _ ~ / : , ? & = $, got \"/#top\": the default off is used"),
        Mistake(
            "proxy-connect-timeout", "5s",
            "expected whole seconds, from 1, without a unit, got \"5s\": the default 5 is used"),
        Mistake(
            "proxy-send-timeout", "0",
            "expected whole seconds, from 1, without a unit, got \"0\": the default 60 is used"),
        Mistake(
            "proxy-read-timeout", "1h",
            "expected whole seconds, from 1, without a unit, got \"1h\": the default 60 is used"),
        Mistake(
            "proxy-next-upstream", "error, timeout", "\"error,\" is no condition: the default error timeout is used",
            remedy: "did you mean error?"),
        Mistake(
            "proxy-next-upstream", "http_501", "\"http_501\" is no condition: the default error timeout is used",
            remedy: "did you mean http_500?"),
        Mistake(
            "proxy-next-upstream-tries", "-1", "expected an integer from 0 to 1000, got \"-1\": the default 3 is used"),
        Mistake(
            "proxy-next-upstream-timeout", "1m",
            "expected whole seconds, from 0, without a unit, got \"1m\": the default 0 is used"),
        Mistake(
            "backend-protocol", "H3",
            "expected HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS or FCGI, got \"H3\": the default HTTP is used"),
        Mistake(
            "fastcgi-index", "a/b", status: 404,
            "expected letters, digits and . _ -, got \"a/b\": the Ingress is rejected"),
        Mistake(
            "fastcgi-params-configmap", "a/b/c", status: 404,
            "expected name or namespace/name, got \"a/b/c\": the Ingress is rejected"),
        Mistake("proxy-http-version", "2", "expected 1.0 or 1.1, got \"2\": the default 1.1 is used"),
        Mistake(
            "connection-proxy-header", "upgrade", status: 404,
            "expected close or keep-alive, got \"upgrade\": the Ingress is rejected"),
        Mistake(
            "http2-push-preload", "maybe", status: 404, "expected true or false, got \"maybe\": the Ingress is rejected"
        ),
        Mistake(
            "mirror-target", "copies.shop.svc",
            "expected a URL that begins with http:// or https://: it counts as absent"),
        Mistake("mirror-request-body", "maybe", "expected on or off, got \"maybe\": the default on is used"),
        Mistake(
            "mirror-host", "a b",
            "expected letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\, at most 255, got \"a b\": the default the host of `mirror-target` is used"
        ),
        Mistake(
            "default-backend", "no/such", status: 404,
            "expected the name of a Service, got \"no/such\": the Ingress is rejected"),
        Mistake(
            "custom-http-errors", "404,200", status: 404,
            "expected statuses from 400 to 599 with commas between, got \"404,200\": the Ingress is rejected"),
        Mistake(
            "disable-proxy-intercept-errors", "maybe",
            "expected true or false, got \"maybe\": the default false is used"),
        Mistake("enable-access-log", "off", "expected true or false, got \"off\": the default true is used"),
        Mistake("enable-opentelemetry", "on", "expected true or false, got \"on\": the default false is used"),
        Mistake(
            "opentelemetry-trust-incoming-span", "maybe",
            "expected true or false, got \"maybe\": the default true is used"),
        Mistake(
            "opentelemetry-operation-name", "my shop", status: 404,
            "expected letters, digits and _ -, got \"my shop\": the Ingress is rejected"),
        Mistake(
            "enable-modsecurity", "maybe", status: 503,
            "is not honoured; it decides who may come in, so every path of this Ingress answers 503",
            remedy: "take it out to serve everybody"),
        Mistake(
            "enable-owasp-core-rules", "maybe", status: 503,
            "is not honoured; it decides who may come in, so every path of this Ingress answers 503",
            remedy: "take it out to serve everybody"),
        Mistake(
            "configuration-snippet", "deny;", status: 503,
            "line 1: deny has 0 words behind it, and it might keep somebody out: its paths answer 503",
            remedy: "write 1"),
        Mistake(
            "configuration-snippet", "gzip_statics on;",
            "line 1: \"gzip_statics\" is no directive that Gatehouse knows: it counts as absent",
            remedy:
                "did you mean gzip_static? Otherwise use an annotation, or have the backend do it; Docs/snippets.md lists the directives that act"
        ),
        Mistake(
            "server-snippet", "ssl_verify_client on;", status: 503,
            "line 1: ssl_verify_client is not honoured, and it might keep somebody out: its paths answer 503",
            remedy: "use the annotations auth-tls-secret and auth-tls-verify-client"),
    ]

    @Test(arguments: mistakes)
    func `does what its row says, tells why, and touches no other Ingress`(mistake: Mistake) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        var annotations = Companions.annotations(of: mistake.name)
        annotations[mistake.name] = mistake.value
        let gate = try Gate(
            manifests: [Manifests.ingress(annotations), Manifests.ingress([:], name: "other", host: "other.example")],
            origins: ["web": [origin], "auth": [origin], "copies": [origin]])
        #expect(try gate.request().status == mistake.status)
        #expect(try gate.request(host: "other.example").status == 200)
        let told = gate.diagnostics.filter { $0.field.hasSuffix("/\(mistake.name)]") }
        #expect(told.map(\.fault) == [mistake.fault])
        #expect(told.map(\.remedy) == [mistake.remedy])
        // An Ingress that is not served, or answers nothing but 503, is rejected.
        #expect(told.map(\.severity) == [[404, 503].contains(mistake.status) ? .rejected : .warning])
        #expect(told.first?.origin.name == "web" && told.first?.origin.line != nil)
    }

    /// Rows whose every value is one that they can use.
    static let tolerant: Set<String> = [
        "auth-keepalive-share-vars", "enable-rewrite-log", "modsecurity-snippet", "modsecurity-transaction-id",
        "proxy-busy-buffers-size", "stream-snippet",
    ]

    @Test func `of every annotation is here`() {
        let rows = AnnotationTable.ingressNginx.groups.flatMap(\.rows).flatMap { [$0.name] + $0.aliases }
        let here = Set(Self.mistakes.map(\.name)).union(Self.tolerant)
        #expect(Set(rows).subtracting(here) == [])
    }
}
