import Foundation
import Model
import Proxy
import Telemetry
import TestSupport
import Testing

/// The log is told of requests whose heads were never read to their end.
@Suite struct `A head that is refused` {
    private let path = FileManager.default.temporaryDirectory.appending(path: "gatehouse-\(UUID()).log").path

    /// The lines that answering `heads` one after another leaves in the log.
    private func lines(after heads: [String], _ settings: Settings = Settings(), statuses: [Int]) throws -> [String] {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() { try connection.respond(request.target) }
        }
        let log = try AccessLog(to: .file(path), workers: 1) { _ in }
        let format = try AccessLogFormat(#"$remote_addr "$request" $status "$http_referer" "$http_user_agent""#)
        do {
            let rig = try ProxyRig(Given.model(origin, settings: settings), accessLog: log, logFormat: format)
            for (head, status) in zip(heads, statuses) { #expect(try rig.answer(to: head)?.status == status) }
            rig.plane.drain(grace: .zero)
        }
        log.stop()
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static let fields =
        "Host: a\r\nReferer: r\r\nUser-Agent: u\r\nX-Request-ID: 1\r\nX-Forwarded-For: 10.0.0.1\r\n"

    @Test(arguments: [
        ("A B: c\r\n\r\n", 400), ("A: \(String(repeating: "a", count: 9000))\r\n\r\n", 431), ("Host: b\r\n\r\n", 400),
        ("Expect: x\r\n\r\n", 417), ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ])
    func `is logged with what came whole of it`(rest: String, status: Int) throws {
        var settings = Settings()
        settings.forwarding.trustsForwardedHeaders = true
        let bad = "GET /x//y HTTP/1.1\r\n" + Self.fields + rest
        let good = "GET /z HTTP/1.1\r\n" + Self.fields + "\r\n"
        let lines = try lines(after: [bad, good], settings, statuses: [status, 200])
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""GET /x//y HTTP/1.1" \#(status) "#) == true)
        #expect(lines.last == #"10.0.0.1 "GET /z HTTP/1.1" 200 "r" "u""#)
    }

    @Test func `because it comes too slowly is logged too`() throws {
        var settings = Settings()
        settings.client.headerTimeout = .milliseconds(50)
        let slow = "GET /x HTTP/1.1\r\n" + Self.fields
        let lines = try lines(after: [slow], settings, statuses: [408])
        #expect(lines == [#"127.0.0.1 "GET /x HTTP/1.1" 408 "-" "-""#])
    }
}
