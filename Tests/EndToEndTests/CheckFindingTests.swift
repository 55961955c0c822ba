import TestSupport
import Testing

/// What makes `serve` refuse a configuration is what `check` says of it.
@Suite struct `Settings that can't be carried out` {
    private static func configMap(_ key: String, _ value: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
        data: { \(key): "\(value)" }
        ---

        """
    }

    @Test(arguments: [
        ("ssl-ciphers", "NO-SUCH-CIPHER", "the settings of TLS cannot be used: the cipher list names no cipher"),
        ("ssl-ecdh-curve", "no-such-group", "the settings of TLS cannot be used: the groups for key exchange"),
    ])
    func `are rejected by check, in the words in which serve refuses to start`(
        key: String, value: String, fault: String
    ) throws {
        let folder = try ManifestFolder(["shop.yaml": Self.configMap(key, value) + Manifest.site("shop")])
        let checked = try Command.gatehouse("check", "-f", folder.path)
        #expect(checked.status == 1)
        let line = try #require(checked.outputLines.first { $0.contains(fault) }, "\(checked.output)")
        #expect(checked.errors.contains("1 rejected"))
        let served = try Command.gatehouse(
            "serve", "-f", folder.path, "--http-port", "0", "--https-port", "0", "--admin-port", "0")
        #expect(served.status != 0)
        #expect(served.errors.contains("the configuration cannot be used: the settings of TLS cannot be used"))
        let reason = try #require(line.split(separator: "the settings of TLS cannot be used: ").last)
        #expect(served.errors.contains(reason))
    }

    @Test func `are not rejected where they can be carried out`() throws {
        let text = Self.configMap("ssl-ciphers", "ECDHE-RSA-AES128-GCM-SHA256") + Manifest.site("shop")
        let folder = try ManifestFolder(["shop.yaml": text])
        #expect(try Command.gatehouse("check", "-f", folder.path).status == 0)
    }
}
