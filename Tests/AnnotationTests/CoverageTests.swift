import Foundation
import TestSupport
import Testing

@testable import IngressDialect

/// That nothing is promised which no test shows on the wire: each row is named by a test that runs manifests or the data
/// plane with sockets, beside those that try all rows alike.
@Suite struct `Each promise of the tables` {
    /// Suites that try every row, so that being named there says nothing.
    private static let sweeping: Set<String> = [
        "CoverageTests.swift", "EveryRowTests.swift", "HostileValueTests.swift",
    ]

    /// The words of the wire tests, as far as names of annotations and keys are made of them.
    private static let words: Set<Substring> = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        var words: Set<Substring> = []
        for room in ["AnnotationTests", "ProxyTests", "EndToEndTests"] {
            let folder = tests.appending(path: room)
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
            for file in files where file.hasSuffix(".swift") && !sweeping.contains(file) {
                let text = (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
                words.formUnion(
                    text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")) })
            }
        }
        return words
    }()

    @Test(arguments: AnnotationTable.ingressNginx.groups.flatMap(\.rows).map { [$0.name] + $0.aliases })
    func `of an annotation is named by a wire test`(names: [String]) {
        for name in names { #expect(Self.words.contains(name[...]), "\(name)") }
    }

    /// Keys that real clusters set often or now and then.
    static let usualKeys = [
        "use-forwarded-headers", "compute-full-forwarded-for", "forwarded-for-header", "enable-real-ip",
        "proxy-real-ip-cidr", "use-proxy-protocol", "proxy-set-headers", "enable-underscores-in-headers",
        "large-client-header-buffers", "add-headers", "hide-headers", "server-tokens", "hsts", "hsts-max-age",
        "hsts-include-subdomains", "hsts-preload", "ssl-redirect", "force-ssl-redirect", "http-redirect-code",
        "ssl-protocols", "ssl-ciphers", "ssl-reject-handshake", "use-http2", "proxy-body-size",
        "proxy-connect-timeout", "proxy-send-timeout", "proxy-read-timeout", "proxy-buffering",
        "proxy-request-buffering", "proxy-buffer-size", "proxy-buffers-number", "proxy-busy-buffers-size",
        "proxy-next-upstream", "proxy-next-upstream-tries", "proxy-next-upstream-timeout",
        "upstream-keepalive-connections", "keep-alive", "keep-alive-requests", "load-balance",
        "whitelist-source-range", "denylist-source-range", "limit-req-status-code", "limit-conn-status-code",
        "global-auth-url", "custom-http-errors", "allow-snippet-annotations", "annotations-risk-level",
        "allow-cross-namespace-resources", "strict-validate-path-type", "main-snippet", "http-snippet",
        "server-snippet", "location-snippet", "stream-snippet", "log-format-upstream", "log-format-escape-json",
        "log-format-escape-none", "disable-access-log", "disable-http-access-log", "disable-stream-access-log",
        "skip-access-log-urls", "enable-opentelemetry", "otlp-collector-host", "otlp-collector-port",
        "enable-modsecurity", "enable-owasp-modsecurity-crs", "modsecurity-snippet", "use-gzip", "worker-processes",
        "worker-shutdown-timeout",
    ]

    @Test(arguments: usualKeys)
    func `of a key of the ConfigMap is named by a wire test`(key: String) {
        #expect(ConfigKeyTable.ingressNginx[key] != nil)
        #expect(Self.words.contains(key[...]))
    }

    @Test func `is found in the tests that are there`() {
        #expect(Self.words.contains("limit-rps"))
        #expect(!Self.words.contains("limit-nothing-at-all"))
    }
}
