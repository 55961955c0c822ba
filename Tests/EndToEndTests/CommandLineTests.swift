import Foundation
import Glibc
import TestSupport
import Testing

/// What the commands print, where, and the status they end with.
@Suite struct `The command line` {
    private static let clean = Manifest.site("shop") + Self.endpoints("shop")
    private static let warned = Manifest.site("shop").replacing("pathType:", with: "pathtype:")
    private static let rejected = Manifest.site("shop").replacing("path: /", with: "path: shop")

    private static func endpoints(_ service: String) -> String {
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: { name: \(service)-1, labels: { kubernetes.io/service-name: \(service) } }
        addressType: IPv4
        ports: [{ name: http, port: 9001 }]
        endpoints: [{ addresses: [192.0.2.7] }]
        ---

        """
    }

    @Test func `explains how to begin when serve has nothing to serve`() throws {
        let result = try Command.gatehouse("serve")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.output.contains("gatehouse serve -f ingress.yaml --demo-backends"))
    }

    @Test func `lists its commands when it is called without one`() throws {
        let result = try Command.gatehouse()
        #expect(result.status == 0)
        for command in ["serve", "check", "explain", "routes", "migrate", "version"] {
            #expect(result.output.contains(command))
        }
        #expect(result.output.contains("gatehouse serve -f ingress.yaml --demo-backends"))
    }

    @Test(arguments: ["2>&-", ">&- 2>&-", "<&- 2>&-"])
    func `works without standard streams`(redirection: String) throws {
        let folder = try ManifestFolder(["shop.yaml": Self.rejected])
        let script = "exec \"$0\" \"$@\" \(redirection)"
        let result = try Command.run("sh", ["-c", script, Products.gatehouse, "check", "-f", folder.path])
        #expect(result.status == 1)
        #expect(result.output.isEmpty == redirection.contains(">&- "))
    }

    @Test func `prints the summary behind the findings, wherever both lead`() throws {
        let folder = try ManifestFolder(["shop.yaml": Self.rejected])
        let script = "exec \"$0\" \"$@\" 2>&1"
        let result = try Command.run("sh", ["-c", script, Products.gatehouse, "check", "-f", folder.path])
        #expect(result.outputLines.count > 1)
        #expect(try #require(result.outputLines.last).hasPrefix("1 rejected"))
    }

    @Test(arguments: [["routes"], ["explain", "http://shop.example/"]])
    func `says that something of what was asked about is rejected`(arguments: [String]) throws {
        let folder = try ManifestFolder()
        let missing = folder.path(of: "missing.yaml")
        let result = try Command.run(Products.gatehouse, [arguments[0], "-f", missing] + arguments.dropFirst())
        #expect(result.status == 0)
        #expect(result.errors == "1 rejected in these manifests; see gatehouse check\n")
    }

    @Test func `tells its version`() throws {
        let result = try Command.gatehouse("version")
        #expect(result.status == 0)
        #expect(result.output.wholeMatch(of: /gatehouse [0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
    }

    @Test(arguments: [
        ["serve", "--bogus"], ["serve", "-f", "x.yaml", "--workers", "0"],
        ["serve", "-f", "x.yaml", "--http-port", "x"],
        ["serve", "-f", "x.yaml", "--shutdown-grace", "soon"], ["serve", "-f", "x.yaml", "--backend", "shop"],
        ["check"], ["routes"], ["explain", "-f", "x.yaml"], ["check", "-f", "x.yaml", "--format", "xml"], ["bogus"],
        ["explain", "-f", "x.yaml", "ftp://shop.example/"], ["explain", "-f", "x.yaml", "/cart"],
        ["explain", "-f", "x.yaml", "-H", "Host", "http://shop.example/"],
    ])
    func `refuses a wrong call with 2 and says how it is used`(arguments: [String]) throws {
        let result = try Command.run(Products.gatehouse, arguments)
        #expect(result.status == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("Usage: gatehouse"))
    }

    // MARK: check

    @Test(arguments: [(clean, false, 0), (clean, true, 0), (warned, false, 0), (warned, true, 1), (rejected, false, 1)])
    func `check ends with`(manifest: String, isStrict: Bool, status: CInt) throws {
        let folder = try ManifestFolder(["shop.yaml": manifest])
        let arguments = ["check", "-f", folder.path] + (isStrict ? ["--strict"] : [])
        #expect(try Command.run(Products.gatehouse, arguments).status == status)
    }

    @Test func `check names file, line, object, field, fault and remedy`() throws {
        let folder = try ManifestFolder(["shop.yaml": Self.warned])
        let file = folder.path(of: "shop.yaml")
        let result = try Command.gatehouse("check", file)
        let lines = result.outputLines.filter { $0.contains("pathtype") }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.hasPrefix("\(file):13: Ingress default/shop: spec.rules[0].http.paths[0].pathtype: "))
        #expect(line.contains("; ") && line.contains("pathType"))
        #expect(result.errors.contains("warning"))
    }

    @Test func `check reads standard input`() throws {
        let result = try Command.gatehouse("check", "-f", "-", input: Self.rejected)
        #expect(result.status == 1)
        #expect(result.output.contains("Ingress default/shop"))
    }

    @Test func `check says which file is missing`() throws {
        let folder = try ManifestFolder()
        let result = try Command.gatehouse("check", "-f", folder.path(of: "missing.yaml"))
        #expect(result.status == 1)
        #expect(result.output == "\(folder.path(of: "missing.yaml")): can't be read: No such file or directory\n")
    }

    @Test func `check speaks JSON`() throws {
        let result = try Command.gatehouse("check", "-f", "-", "--format", "json", input: Self.rejected)
        let report = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let counts = try #require(report["counts"] as? [String: Int])
        #expect(counts["rejected"] == 1)
        let entries = try #require(report["diagnostics"] as? [[String: Any]])
        let first = try #require(entries.first)
        #expect(first["severity"] as? String == "rejected")
        #expect((first["origin"] as? [String: Any])?["name"] as? String == "shop")
        #expect(result.errors.isEmpty)
    }

    // MARK: explain and routes

    @Test func `explain tells the route, its place, and why others lost`() throws {
        let folder = try ManifestFolder([
            "shop.yaml": Manifest.ingress("shop", host: "shop.example", [("/", "web"), ("/cart", "cart")])
                + Manifest.service("web") + Manifest.service("cart")
        ])
        let result = try Command.gatehouse(
            "explain", "-f", folder.path, "--backend", "cart=127.0.0.1:9", "-X", "POST",
            "http://shop.example/cart/1?a=b")
        #expect(result.status == 0)
        #expect(result.outputLines.first == "POST http://shop.example/cart/1?a=b")
        #expect(result.output.contains("forwarded to default-cart-http"))
        #expect(result.output.contains("Route prefix /cart\n"))
        #expect(result.output.contains("\(folder.path(of: "shop.yaml")):"))
        #expect(result.output.contains("a prefix of 5 bytes comes before one of 1"))
        #expect(result.output.contains("127.0.0.1:9"))
    }

    @Test(arguments: ["shop.example", "nginx.ingress.kubernetes.io"])
    func `explain goes by annotations under --annotations-prefix alone`(prefix: String) throws {
        let manifest = Manifest.site("shop").replacing(
            "annotations: {}", with: "annotations: {shop.example/permanent-redirect: \"https://moved.example/\"}")
        let result = try Command.run(
            Products.gatehouse, ["explain", "-f", "-", "--annotations-prefix", prefix, "http://shop.example/"],
            input: manifest)
        #expect(result.output.contains("https://moved.example/") == (prefix == "shop.example"), "\(result.output)")
    }

    @Test func `explain speaks JSON`() throws {
        let result = try Command.gatehouse(
            "explain", "-f", "-", "--format", "json", "-H", "Host: shop.example", "/", input: Self.clean)
        #expect(result.status == 0)
        let report = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect((report["outcome"] as? [String: Any])?["kind"] as? String == "forwarded")
        #expect((report["route"] as? [String: Any])?["match"] as? String == "prefix /")
    }

    @Test func `routes prints the same for the same manifests, in whatever files`() throws {
        let (one, two) = (Manifest.site("one"), Manifest.site("two"))
        let apart = try ManifestFolder(["b.yaml": one, "a.yaml": two])
        let result = try Command.gatehouse("routes", "-f", apart.path)
        let again = try Command.gatehouse("routes", "-f", apart.path(of: "a.yaml"), apart.path(of: "b.yaml"))
        #expect(result.status == 0)
        #expect(result.output == again.output)
        let lines = result.outputLines.map { $0.replacing(#/ +#.*/#, with: "") }
        #expect(
            lines == [
                "host one.example", "  prefix / -> default-one-http", "host two.example",
                "  prefix / -> default-two-http", "upstream default-one-http", "  no endpoints",
                "upstream default-two-http", "  no endpoints",
            ])
    }

    @Test func `routes speaks JSON`() throws {
        let result = try Command.gatehouse("routes", "-f", "-", "--format", "json", input: Self.clean)
        let table = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect((table["hosts"] as? [[String: Any]])?.map { $0["name"] as? String } == ["shop.example"])
        #expect((table["upstreams"] as? [[String: Any]])?.first?["endpoints"] as? [String] == ["192.0.2.7:9001"])
    }

    // MARK: serve

    @Test func `serve reads standard input`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Self.warned)
        #expect(try gatehouse.request(host: "shop.example").chosenService == "shop")
    }

    @Test func `serve says what is ready`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--demo-backends"], input: Manifest.site("a") + Self.rejected)
        #expect(gatehouse.summary.hasPrefix("ready: 1 host, 1 route, 1 upstream, 1 rejected, 0 warnings, "))
    }

    @Test func `serve goes on without a file that is missing, and says so`() throws {
        let folder = try ManifestFolder()
        let file = folder.path(of: "missing.yaml")
        let gatehouse = try Gatehouse(["-f", file, "--demo-backends"])
        #expect(
            gatehouse.process.errors.current.text.contains("error: \(file): can't be read: No such file or directory"))
        #expect(try gatehouse.request(host: "shop.example").status == 404)
        try gatehouse.reloads { try folder.replace("missing.yaml", with: Manifest.site("shop")) }
        #expect(try gatehouse.request(host: "shop.example").status == 200)
    }

    @Test func `serve refuses to start on a rejected object when it is to be strict`() throws {
        let result = try Command.gatehouse(
            "serve", "-f", "-", "--strict", "--http-port", "0", "--https-port", "0", "--admin-port", "0",
            input: Self.rejected)
        #expect(result.status == 1)
        #expect(result.errors.contains("Ingress default/shop"))
        #expect(result.errors.hasSuffix("gatehouse: 1 rejected, and --strict was given; the reasons stand above\n"))
    }

    @Test(arguments: ["--http-port", "--https-port", "--admin-port"])
    func `serve says which port is taken and how to choose another`(taken: String) throws {
        let port = try RefusingPort()
        let ports = ["--http-port", "--https-port", "--admin-port"].flatMap {
            [$0, $0 == taken ? "\(port.port)" : "0"]
        }
        let result = try Command.run(
            Products.gatehouse, ["serve", "-f", "-", "--address", "127.0.0.1"] + ports, input: Self.clean)
        #expect(result.status == 1)
        let line = try #require(result.errors.split(separator: "\n").last)
        #expect(line.hasPrefix("gatehouse: cannot listen on 127.0.0.1:\(port.port)"))
        #expect(line.contains("in use") && line.contains(taken))
    }

    @Test func `serve logs JSON when it is asked to`() throws {
        let folder = try ManifestFolder()
        let gatehouse = try Gatehouse(["-f", folder.path, "--log-format", "json"])
        let line = try gatehouse.reloads {
            try folder.replace("shop.yaml", with: Manifest.site("shop") + Self.endpoints("shop"))
        }
        let entry = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(entry["level"] == "info")
        #expect(entry["message"]?.hasSuffix(": +1 host, +1 route, +1 upstream") == true)
        #expect(entry["time"]?.wholeMatch(of: /[-0-9]+T[0-9:]+Z/) != nil)
    }

    @Test func `serve answers on every address when none is given`() throws {
        let process = try ChildProcess(
            Products.gatehouse,
            [
                "serve", "-f", "-", "--http-port", "0", "--https-port", "0", "--admin-port", "0", "--access-log", "off",
                "--workers", "1",
            ],
            input: Self.clean)
        let said = try process.errors.wait("a listener") { $0.lines.contains { $0.hasPrefix("listening on ") } }
        let line = try #require(said.lines.first { $0.hasPrefix("listening on http://[::]:") })
        let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
        #expect(try Client(toPort: port).request(host: "nobody.example").status == 404)
    }
}
