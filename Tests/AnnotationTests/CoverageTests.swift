import Foundation
import TestSupport
import Testing

@testable import IngressDialect

/// That nothing is promised which no test shows on the wire: each row has a test of its effect, one of its default and one of
/// a value that can't be used. Tests say which with `.shows(effectOf:)` and its like, and fail when they don't.
@Suite struct `Each promise of the tables` {
    /// What the tests of this folder say they show, read from their sources.
    private static let shown: [Shows.Side: Set<String>] = {
        var shown = fromTables
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        for file in files where file.hasSuffix("Tests.swift") && file != "CoverageTests.swift" {
            let text = (try? String(contentsOf: folder.appending(path: file), encoding: .utf8)) ?? ""
            for side in Shows.Side.allCases {
                for words in text.split(separator: ".shows(").dropFirst() {
                    let list = words.prefix { $0 != ")" }.drop { $0.isWhitespace }
                    guard list.hasPrefix(side.rawValue + ":") else { continue }
                    let names = list.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }
                    shown[side, default: []].formUnion(names.map { String($0.element) })
                }
            }
        }
        return shown
    }()

    /// Where a table has a case for each key, the table says it.
    private static let fromTables: [Shows.Side: Set<String>] = {
        let whole = `A key of the ConfigMap`.keys.map(\.name) + `A key of the ConfigMap`.times.map(\.name)
        let mistakes = `An unusable value of a key`.mistakes.map(\.name)
        return [
            .effect: Set(whole.map { Served.keyPrefix + $0 }),
            .badValue: Set((whole + mistakes).map { Served.keyPrefix + $0 }),
        ]
    }()

    static let rows = AnnotationTable.ingressNginx.groups.flatMap(\.rows).flatMap { [$0.name] + $0.aliases }

    @Test(arguments: rows, Shows.Side.allCases)
    func `of an annotation is shown by a wire test`(name: String, side: Shows.Side) {
        // No value is bad for a row without effect that takes any text.
        if side == .badValue, `An unusable value`.tolerant.contains(name) { return }
        #expect(Self.shown[side]?.contains(name) == true)
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
        "worker-shutdown-timeout", "use-geoip2", "geoip2-autoreload-in-minutes",
    ]

    /// Read before there is a data plane, or judged where formats of all dialects are.
    private static let shownElsewhere = [
        "worker-processes": "EndToEndTests/WorkerCountTests.swift",
        "geoip2-autoreload-in-minutes": "ControlPlaneTests/GeoSourceTests.swift",
        "log-format-upstream": "AnnotationTests/ObservationTests.swift",
    ]

    @Test(arguments: usualKeys, [Shows.Side.effect, .badValue])
    func `of a key of the ConfigMap is shown by a wire test`(key: String, side: Shows.Side) throws {
        let row = try #require(ConfigKeyTable.ingressNginx[key])
        // Of a key that does nothing there is nothing to show but that it is named.
        if row.shortfall != nil || Self.shown[side]?.contains(Served.keyPrefix + key) == true { return }
        let file = try #require(Self.shownElsewhere[key], "\(side)")
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        #expect(try String(contentsOf: tests.appending(path: file), encoding: .utf8).contains(key))
    }

    @Test func `is of a row that there is`() {
        for name in Set(Self.shown.values.joined()) {
            let isKey = name.hasPrefix(Served.keyPrefix)
            let key = String(name.dropFirst(Served.keyPrefix.count))
            #expect(isKey ? ConfigKeyTable.ingressNginx[key] != nil : AnnotationTable.ingressNginx[name] != nil)
        }
    }
}
