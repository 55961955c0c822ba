import TestSupport
import Testing

/// What a response to HEAD says of the body that GET would have got.
@Suite struct `A length without a body` {
    @Test(arguments: [
        (["Content-Length: 12"], "12"), (["Content-Length: 012"], "12"), (["Content-Length: +12"], nil),
        (["Content-Length: 1, 2"], nil), (["Content-Length: 5", "Content-Length: 6"], nil),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], nil), (["Content-Length: 99999999999999999999"], nil),
        ([], nil),
    ])
    func `is passed on where it is one`(fields: [String], length: String?) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.head() != nil {
                try connection.send("HTTP/1.1 200 OK\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let response = try rig.request("/", method: "HEAD")
        #expect(origin.connectionCount == 1)
        #expect(response.status == 200)
        #expect(response.values("Content-Length") == (length.map { [$0] } ?? []))
        #expect(response["Transfer-Encoding"] == nil)
    }
}
