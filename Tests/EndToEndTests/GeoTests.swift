import Foundation
import TestSupport
import Testing

/// The executable with databases of places beside it.
@Suite struct `A folder of databases beside the executable` {
    private static let manifest = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
        data: {use-geoip2: "true", use-forwarded-headers: "true"}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: shop
          annotations:
            nginx.ingress.kubernetes.io/configuration-snippet: |
              if ($geoip2_country_code = XA) { return 403; }
        spec:
          ingressClassName: nginx
          rules:
            - host: shop.example
              http:
                paths:
                  - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}

        """

    private static func write(_ country: String, to folder: ManifestFolder) throws {
        let bytes = MaxMindFile.bytes(
            "GeoLite2-Country", [("198.51.100.0/24", .path("country", "iso_code", to: .text(country)))])
        try Data(bytes).write(to: URL(filePath: folder.path(of: "GeoLite2-Country.mmdb")), options: .atomic)
    }

    private static func status(_ gatehouse: Gatehouse) throws -> Int {
        try gatehouse.client().request(host: "shop.example", ["X-Forwarded-For: 198.51.100.7"]).status
    }

    @Test func `is read, followed, and missed until it holds what a rule asks for`() throws {
        let manifests = try ManifestFolder(["shop.yaml": Self.manifest])
        let folder = try ManifestFolder()
        let gatehouse = try Gatehouse(
            ["-f", manifests.path, "--demo-backends", "--geoip-directory", folder.path])
        try gatehouse.waitForLine(containing: "\(folder.path) holds no database")
        #expect(try Self.status(gatehouse) == 503)
        let opened = try gatehouse.reloads { try Self.write("XA", to: folder) }
        #expect(opened.contains("setting"))
        try gatehouse.waitForLine(containing: "GeoLite2-Country of 2023-11-14, 120 nodes")
        #expect(try Self.status(gatehouse) == 403)
        try gatehouse.reloads { try Self.write("XB", to: folder) }
        #expect(try Self.status(gatehouse) == 200)
        #expect(try gatehouse.terminate() == .exited(0))
    }

    @Test func `is asked by explain, too`() throws {
        let manifests = try ManifestFolder(["shop.yaml": Self.manifest])
        let folder = try ManifestFolder()
        func explain(_ options: String...) throws -> String {
            let request = ["-H", "X-Forwarded-For: 198.51.100.7", "http://shop.example/"]
            let all = ["explain", "-f", manifests.path] + options + request
            return try Command.run(Products.gatehouse, all).output
        }
        #expect(!(try explain().contains("answered 403")), "nobody says where the address is")
        #expect(
            try explain("--geoip-directory", folder.path).contains("answered 503: a rule asks for $geoip2_country_code")
        )
        try Self.write("XA", to: folder)
        #expect(try explain("--geoip-directory", folder.path).contains("answered 403"))
        try Self.write("XB", to: folder)
        #expect(!(try explain("--geoip-directory", folder.path).contains("answered 403")))
    }
}
