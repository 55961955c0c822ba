import Glibc
import TestSupport
import Testing

@Suite struct `The access log` {
    /// ingress-nginx's default format for one request to the Ingress `shop`.
    private static func line(_ request: String, status: Int, bytes: Int) -> String {
        #"127\.0\.0\.1 - - \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}\] "#
            + #""\#(request)" \#(status) \#(bytes) "http://from\.example/" "teapot/1\.0" [0-9]+ [0-9]+\.[0-9]{3} "#
            + #"\[default-shop-http\] \[\] 127\.0\.0\.1:[0-9]+ \#(bytes) [0-9]+\.[0-9]{3} \#(status) [0-9a-f]{32}"#
    }

    private static func arguments(_ origin: ScriptedOrigin, _ destination: String) -> [String] {
        ["-f", "-", "--backend", "shop=127.0.0.1:\(origin.port)", "--access-log", destination]
    }

    private static func ask(_ gatehouse: Gatehouse) throws {
        let answer = try gatehouse.client().request(
            "/cart?item=%41", host: "shop.example",
            ["Referer: http://from.example/", "User-Agent: teapot/1.0", "Connection: close"])
        #expect(answer.status == 200)
    }

    @Test func `writes the default format of ingress-nginx to standard output`() throws {
        let origin = try ScriptedOrigin(answering: "twelve bytes")
        let gatehouse = try Gatehouse(Self.arguments(origin, "-"), input: Manifest.site("shop"))
        try Self.ask(gatehouse)
        let lines = try gatehouse.process.output.wait("a line of the access log") { !$0.lines.isEmpty }.lines
        #expect(lines.count == 1)
        let expected = try Regex(Self.line(#"GET /cart\?item=%41 HTTP/1\.1"#, status: 200, bytes: 12))
        let line = try #require(lines.first)
        #expect(line.wholeMatch(of: expected) != nil, "\(line)")
    }

    @Test func `writes to a file`() throws {
        let folder = try ManifestFolder()
        let origin = try ScriptedOrigin(answering: "twelve bytes")
        let gatehouse = try Gatehouse(
            Self.arguments(origin, folder.path(of: "access.log")), input: Manifest.site("shop"))
        try Self.ask(gatehouse)
        try Self.ask(gatehouse)
        #expect(try gatehouse.terminate() == .exited(0))
        let lines = folder.text(of: "access.log").split(separator: "\n")
        #expect(lines.count == 2)
        let expected = try Regex(Self.line(#"GET /cart\?item=%41 HTTP/1\.1"#, status: 200, bytes: 12))
        for line in lines { #expect(line.wholeMatch(of: expected) != nil, "\(line)") }
        #expect(gatehouse.process.output.current.lines.isEmpty)
    }

    @Test func `is silent when it is off`() throws {
        let origin = try ScriptedOrigin(answering: "twelve bytes")
        let gatehouse = try Gatehouse(Self.arguments(origin, "off"), input: Manifest.site("shop"))
        try Self.ask(gatehouse)
        #expect(try gatehouse.terminate() == .exited(0))
        #expect(try gatehouse.process.output.wait("its end") { $0.isOver }.lines.isEmpty)
    }

    @Test func `says why a file cannot be written`() throws {
        let folder = try ManifestFolder()
        let result = try Command.gatehouse(
            "serve", "-f", "-", "--http-port", "0", "--https-port", "0", "--admin-port", "0", "--access-log",
            folder.path(of: "no/such/folder.log"), input: Manifest.site("shop"))
        #expect(result.status == 1)
        #expect(result.errors.contains("no/such/folder.log: No such file or directory"))
    }

    @Test func `cannot be made to hold a line that a client wrote`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gatehouse = try Gatehouse(Self.arguments(origin, "-"), input: Manifest.site("shop"))
        let answer = try gatehouse.client().request(
            "/\"q", host: "shop.example", ["User-Agent: a\"b\\c\u{e9}", "Connection: close"])
        let lines = try gatehouse.process.output.wait("a line of the access log") { !$0.lines.isEmpty }.lines
        let line = try #require(lines.first)
        #expect(answer.status == 200)
        #expect(line.contains(#""GET /\x22q HTTP/1.1" 200"#))
        #expect(line.contains(#""a\x22b\x5Cc\xC3\xA9""#))
    }

    @Test func `goes on in a new file when it is told that the old one was moved`() throws {
        let folder = try ManifestFolder()
        let origin = try ScriptedOrigin(answering: "twelve bytes")
        let gatehouse = try Gatehouse(
            Self.arguments(origin, folder.path(of: "access.log")), input: Manifest.site("shop"))
        try Self.ask(gatehouse)
        try eventually("the first line") { folder.text(of: "access.log").hasSuffix("\n") }
        try folder.rename("access.log", to: "access.log.1")
        gatehouse.process.signal(SIGUSR1)
        try eventually("the new file") { access(folder.path(of: "access.log"), F_OK) == 0 }
        try Self.ask(gatehouse)
        #expect(try gatehouse.terminate() == .exited(0))
        #expect(folder.text(of: "access.log.1").split(separator: "\n").count == 1)
        #expect(folder.text(of: "access.log").split(separator: "\n").count == 1)
    }
}
