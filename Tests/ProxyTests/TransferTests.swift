import Foundation
import Model
import TestSupport
import Testing

/// Bodies that are far larger than any buffer, one at a time: 64 MiB each.
@Suite(.serialized) struct `A large transfer` {
    static let size = 64 << 20
    /// Far less than a body: what the process may grow by while one passes.
    static let allowance = 24 << 20

    @Test(arguments: ["Content-Length: \(size)", "Transfer-Encoding: chunked", "Connection: close"])
    func `down arrives intact and takes little memory`(framing: String) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
                if framing.hasPrefix("Transfer") {
                    try Self.sendChunks(to: connection.wire)
                } else {
                    try BodyPattern.send(Self.size, to: connection.wire)
                }
                if framing.hasPrefix("Connection") { return }
            }
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        let before = Self.residentBytes
        try client.send(Client.head())
        let head = try #require(try client.reader.head())
        var check = PatternCheck()
        var peak = before
        try client.reader.readBody(framing.hasPrefix("Content") ? .length(Self.size) : .chunked) {
            check.take($0)
            if check.count & 0xFFFFF < $0.count { peak = max(peak, Self.residentBytes) }
        }
        #expect(head.status == 200)
        #expect(check.count == Self.size)
        #expect(check.isIntact)
        #expect(Sanitizer.hidesMemoryInUse || peak - before < Self.allowance)
        #expect(origin.faults == [])
    }

    @Test(arguments: ["Content-Length: \(size)", "Transfer-Encoding: chunked"])
    func `up arrives intact and takes little memory`(framing: String) throws {
        let isChunked = framing.hasPrefix("Transfer")
        let origin = try ScriptedOrigin { connection in
            while try connection.head() != nil {
                var check = PatternCheck()
                try connection.readBody(isChunked ? .chunked : .length(Self.size)) { check.take($0) }
                try connection.respond("\(check.count) \(check.isIntact)")
            }
        }
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: nil) })
        let client = try rig.client()
        let before = Self.residentBytes
        try client.send(Client.head(method: "PUT", [framing]))
        if isChunked { try Self.sendChunks(to: client.wire) } else { try BodyPattern.send(Self.size, to: client.wire) }
        #expect(Sanitizer.hidesMemoryInUse || Self.residentBytes - before < Self.allowance)
        #expect(try client.response().text == "\(Self.size) true")
        #expect(origin.faults == [])
    }

    /// Sends the pattern in chunks of many sizes.
    private static func sendChunks(to wire: Wire) throws {
        var sent = 0
        var wanted = 1
        while sent < size {
            let piece = BodyPattern.bytes(at: sent, count: min(wanted, size - sent))
            try wire.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A])
            sent += piece.count
            wanted = wanted < 100_000 ? wanted * 3 : 50_000
        }
        try wire.send("0\r\n\r\n")
    }

    /// Memory of this process that is in use now.
    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * 4096
    }
}

@Suite struct `A slow reader` {
    /// Kernel buffers of four sockets and what the proxy holds.
    static let bound = 40 << 20
    static let size = 200 << 20

    @Test(arguments: ["Content-Length: \(size)", "Transfer-Encoding: chunked"])
    func `of a response holds its writer back`(framing: String) throws {
        let taken = Watched(-1)
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            let start = framing.hasPrefix("T") ? "ffffffff\r\n" : ""
            try connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n" + start)
            let count = try connection.wire.sendUntilBlocked(
                BodyPattern.bytes(at: 0, count: 65536), limit: Self.size)
            taken.change { $0 = count }
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head())
        let count = try taken.wait("the origin to be held back") { $0 >= 0 }
        #expect(count < Self.bound)
        client.wire.close()
        try origin.waitForFinished(1)
    }

    @Test func `of a request holds the client back`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try gate.wait()
            connection.reset()
        }
        let rig = try ProxyRig(
            Given.model(origin) {
                $0.bodyLimits = BodyLimits(requestBytes: nil)
                $0.retry.tries = 1
            })
        let client = try rig.client()
        try client.send(Client.head(method: "PUT", ["Content-Length: \(Self.size)"]))
        let count = try client.wire.sendUntilBlocked(BodyPattern.bytes(at: 0, count: 65536), limit: Self.size)
        #expect(count < Self.bound)
        gate.open()
        #expect(try client.response().status == 502)
    }
}
