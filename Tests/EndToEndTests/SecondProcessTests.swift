import Linux
import TestSupport
import Testing

/// The kernel lets listeners share their port with others of the same user.
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

    @Test(arguments: ["--http-port", "--https-port", "--admin-port"])
    func `is told which option to change`(option: String) throws {
        let first = try Gatehouse(["-f", "-"], input: Manifest.site("shop"))
        let taken = ["--http-port": first.port, "--https-port": first.securePort, "--admin-port": first.adminPort]
        var arguments = ["serve", "-f", "-", "--address", "127.0.0.1"]
        for (name, port) in taken { arguments += [name, "\(name == option ? port : 0)"] }
        let second = try Command.run(Products.gatehouse, arguments, input: Manifest.site("shop"))
        #expect(second.status == 1)
        let said = second.errors.split(separator: "\n").last ?? ""
        #expect(said.hasPrefix("gatehouse: cannot listen on 127.0.0.1:\(taken[option] ?? 0)"), "\(said)")
        #expect(said.contains("Address already in use; choose another with \(option)"), "\(said)")
    }

    @Test func `is not let in by another program that would share its port`() throws {
        // What makes the kernel let two listen on one port: the first says SO_REUSEADDR, as most servers do.
        let other = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let port = try Socket.localAddress(of: other).port
        for arguments in [
            ["--http-port", "\(port)", "--https-port", "0"], ["--http-port", "0", "--https-port", "\(port)"],
        ] {
            let result = try Command.run(
                Products.gatehouse, ["serve", "-f", "-", "--admin-port", "0"] + arguments, input: Manifest.site("shop"))
            #expect(result.status == 1)
            #expect(result.errors.contains("Address already in use"))
        }
    }

    @Test func `needs an address of this machine, and two ports`() throws {
        let far = try Command.run(
            Products.gatehouse, ["serve", "-f", "-", "--address", "192.0.2.1", "--admin-port", "0"],
            input: Manifest.site("shop"))
        #expect(far.status == 1)
        #expect(far.errors.contains("give --address one of this machine's addresses"))
        let same = try Command.gatehouse("serve", "-f", "x.yaml", "--http-port", "8443")
        #expect(same.status == 2)
        #expect(same.errors.contains("--http-port and --https-port are both 8443"))
    }
}
