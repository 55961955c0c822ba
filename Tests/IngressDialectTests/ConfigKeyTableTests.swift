import Foundation
import Kubernetes
import Model
import Testing

@testable import IngressDialect

@Suite struct `ConfigMap key table` {
    static let keys = ConfigKeyTable.ingressNginx.groups.flatMap(\.keys)

    /// Every key that clusters set now and then, or often.
    static let common = """
        use-forwarded-headers compute-full-forwarded-for forwarded-for-header enable-real-ip proxy-real-ip-cidr \
        use-proxy-protocol proxy-set-headers enable-underscores-in-headers large-client-header-buffers add-headers \
        hide-headers server-tokens hsts hsts-max-age hsts-include-subdomains hsts-preload ssl-redirect \
        force-ssl-redirect http-redirect-code ssl-protocols ssl-ciphers ssl-reject-handshake use-http2 proxy-body-size \
        proxy-connect-timeout proxy-send-timeout proxy-read-timeout proxy-buffering proxy-request-buffering \
        proxy-buffer-size proxy-buffers-number proxy-next-upstream proxy-next-upstream-tries \
        proxy-next-upstream-timeout upstream-keepalive-connections keep-alive keep-alive-requests load-balance \
        whitelist-source-range denylist-source-range limit-req-status-code limit-conn-status-code global-auth-url \
        custom-http-errors allow-snippet-annotations annotations-risk-level allow-cross-namespace-resources \
        strict-validate-path-type http-snippet server-snippet location-snippet worker-shutdown-timeout
        """.split(separator: " ").map(String.init)

    @Test func `has one row for each key`() {
        #expect(Set(Self.keys.map(\.name)).count == Self.keys.count)
        for key in Self.keys {
            #expect(!key.summary.isEmpty, "\(key.name)")
            #expect(key.shortfall != nil || !key.form.isEmpty, "\(key.name)")
        }
    }

    @Test(arguments: common)
    func `honours what clusters set`(name: String) throws {
        let key = try #require(ConfigKeyTable.ingressNginx[name])
        #expect(key.shortfall == nil)
    }

    @Test(arguments: keys.filter { $0.shortfall == nil }.map(\.name))
    func `keeps its default where a value is bad`(name: String) throws {
        var (globals, diagnostics) = (GlobalSettings(), [Diagnostic]())
        let value = "\u{1}{\n"
        let map = ConfigMap(
            metadata: Metadata(name: "c", namespace: "c"), data: [ConfigMap.Entry(key: name, value: value)])
        globals = GlobalSettings.read(map, &diagnostics)
        // Texts and lists take any text; what they mean is checked where they are used.
        guard let diagnostic = diagnostics.first else { return }
        #expect(diagnostics.count == 1 && diagnostic.field == "data.\(name)")
        let isClosed = !globals.defaults.protection.refusingPaths.isEmpty
        #expect(isClosed == (diagnostic.severity == .rejected))
        globals.defaults.protection = ProtectionDraft()
        // Who is believed because of a slip of the pen is nobody.
        if name == "proxy-real-ip-cidr" { globals.settings.forwarding.trustedHops = ["0.0.0.0/0"] }
        #expect(globals == GlobalSettings())
    }

    @Test func `is what the reference page shows`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/configmap.md")
            .standardizedFileURL
        if Fixture.rewrites { try ConfigReference.page().write(to: page, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: page, encoding: .utf8) == ConfigReference.page(), "make fixtures prints it anew")
    }
}
