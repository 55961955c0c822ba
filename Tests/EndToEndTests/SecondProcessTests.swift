import TestSupport
import Testing

/// Listeners may share their port with others of the same user, so the admin port must tell.
@Suite struct `A second process with the same ports` {
    @Test func `does not start and takes no connection from the first`() throws {
        let first = try Gatehouse(["-f", "-", "--demo-backends"], input: Manifest.site("shop"))
        for _ in 0..<5 {
            let second = try ChildProcess(
                Products.gatehouse,
                [
                    "serve", "-f", "-", "--address", "127.0.0.1", "--http-port", "\(first.port)", "--https-port", "0",
                    "--admin-port",
                    "\(first.adminPort)", "--access-log", "off",
                ], input: Manifest.site("shop"))
            var statuses: Set<Int> = []
            while !second.hasEnded { statuses.insert(try first.request(host: "shop.example").status) }
            #expect(statuses.isSubset(of: [200]))
            #expect(try second.end() == .exited(1))
        }
    }
}
