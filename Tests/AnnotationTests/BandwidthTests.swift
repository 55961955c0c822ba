import Foundation
import Model
import TestSupport
import Testing

@Suite struct `The annotation limit-rate` {
    /// A response is never faster than its rate; how much slower it is says nothing of Gatehouse.
    @Test(.shows(effectOf: "limit-rate", "limit-rate-after"), arguments: [true, false], ["on", "off"])
    func `holds a response back`(isChunked: Bool, buffering: String) throws {
        let body = String(repeating: "0123456789abcdef", count: 6 << 10)
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                if !isChunked {
                    try connection.respond(body)
                } else {
                    let size = String(body.utf8.count, radix: 16)
                    try connection.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n0\r\n\r\n")
                }
            }
        }
        let gate = try Gate(
            ["limit-rate": "64", "limit-rate-after": "64", "proxy-buffering": buffering], origin: origin)
        let begin = ContinuousClock.now
        let answer = try gate.request()
        #expect(answer.text == body)
        // 96 KiB, of which 64 go at once and 32 take half a second.
        #expect(ContinuousClock.now - begin >= .milliseconds(400))
    }

    @Test(arguments: [
        ("", 64 << 10), ("limit_rate 8k;", 8 << 10), ("more_set_headers 'X-A: 1';", 64 << 10),
    ])
    func `holds for a host's paths that say nothing themselves, by limit_rate`(path: String, rate: Int) throws {
        let snippets = ["server-snippet": "limit_rate 64k; limit_rate_after 1m;"]
        let gate = try Gate(
            path.isEmpty ? snippets : snippets.merging(["configuration-snippet": path]) { $1 },
            origin: ScriptedOrigin(answering: "x"))
        let bandwidth = try #require(gate.model.virtualHosts[0].routes[0].policy.bandwidth)
        #expect(bandwidth == Bandwidth(bytesPerSecond: rate, bytesBefore: path.hasPrefix("limit") ? 0 : 1 << 20))
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
    }

    @Test(
        .shows(defaultOf: "limit-rate"), .shows(badValueOf: "limit-rate"),
        arguments: [[:], ["limit-rate": "0"], ["limit-rate": "slow"], ["limit-rate-after": "1"]])
    func `is off by default and with a value that means nothing`(annotations: [String: String]) throws {
        let body = String(repeating: "x", count: 3 << 20)
        let gate = try Gate(annotations, origin: ScriptedOrigin(answering: body))
        #expect(gate.model.virtualHosts[0].routes[0].policy.bandwidth == nil)
        #expect(try gate.request().text.utf8.count == body.utf8.count)
        #expect(gate.faults(about: "limit-rate").isEmpty == (annotations["limit-rate"] != "slow"))
    }

    /// 96 KiB, of which a rate of 64 KiB a second lets the first 64 go at once; what follows takes half a second at least.
    @Test(.shows(defaultOf: "limit-rate-after"), .shows(badValueOf: "limit-rate-after"), arguments: [nil, "much", "0"])
    func `begins at once where limit-rate-after is absent, 0 or unusable`(value: String?) throws {
        let body = String(repeating: "0123456789abcdef", count: 6 << 10)
        var annotations = ["limit-rate": "64"]
        annotations["limit-rate-after"] = value
        let gate = try Gate(annotations, origin: ScriptedOrigin(answering: body))
        let begin = ContinuousClock.now
        #expect(try gate.request().text == body)
        #expect(ContinuousClock.now - begin >= .milliseconds(400))
        #expect(gate.model.virtualHosts[0].routes[0].policy.bandwidth?.bytesBefore == 0)
        #expect(gate.faults(about: "limit-rate-after").isEmpty == (value != "much"))
    }

    @Test func `has its default in the ConfigMap`() throws {
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"), configMap: ["limit-rate": "5", "limit-rate-after": "7"])
        #expect(
            gate.model.virtualHosts[0].routes[0].policy.bandwidth
                == .init(bytesPerSecond: 5 << 10, bytesBefore: 7 << 10))
        #expect(try gate.request().text == "ok")
    }
}
