import Model
import TestSupport
import Testing

/// Bytes move on as they come: nothing waits for a message to be whole.
@Suite struct `A body that trickles` {
    @Test func `reaches the client piece by piece`() throws {
        let gates = (0..<3).map { _ in Gate() }
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for (number, gate) in gates.enumerated() {
                try gate.wait()
                try connection.send("1\r\n\(number)\r\n")
            }
            try connection.send("0\r\n\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.reader.head()?.status == 200)
        for (number, gate) in gates.enumerated() {
            gate.open()
            #expect(try client.reader.line() == "1")
            #expect(try client.reader.line() == "\(number)")
        }
        #expect(try client.reader.line() == "0")
    }

    @Test(arguments: [true, false])
    func `reaches the origin piece by piece`(isChunked: Bool) throws {
        let seen = Watched([UInt8]())
        let origin = try ScriptedOrigin { connection in
            guard let head = try connection.head() else { return }
            #expect(head["Transfer-Encoding"] == (isChunked ? "chunked" : nil))
            try connection.readBody(isChunked ? .chunked : .length(3)) { piece in seen.change { $0 += piece } }
            try connection.respond("done")
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "PUT", [isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 3"]))
        for (number, piece) in ["a", "b", "c"].enumerated() {
            try client.send(isChunked ? "1\r\n\(piece)\r\n" : piece)
            try seen.wait("a piece") { $0.count == number + 1 }
        }
        if isChunked { try client.send("0\r\n\r\n") }
        #expect(try client.response().text == "done")
        #expect(seen.current == Array("abc".utf8))
    }

    @Test func `goes both ways at once`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.head()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try connection.readBody(.chunked) { piece in
                try connection.send(
                    "\(String(piece.count, radix: 16))\r\n" + String(decoding: piece, as: UTF8.self) + "\r\n")
            }
            try connection.send("0\r\n\r\n")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        try client.send(Client.head(method: "POST", ["Transfer-Encoding: chunked"]))
        #expect(try client.reader.head()?.status == 200)
        for number in 0..<20 {
            try client.send("2\r\n\(10 + number)\r\n")
            #expect(try client.reader.line() == "2")
            #expect(try client.reader.line() == "\(10 + number)")
        }
        try client.send("0\r\n\r\n")
        #expect(try client.reader.line() == "0")
    }

    @Test func `and stops is cut off by the read timeout however much came before`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<50 { try connection.send("1\r\nx\r\n") }
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(origin) { $0.timeouts.read = .milliseconds(150) })
        let client = try rig.client()
        try client.send(Client.head())
        #expect(try client.wire.receiveToEnd().ending == .reset)
        #expect(try eventuallyFree(origin))
    }

    private func eventuallyFree(_ origin: ScriptedOrigin) throws -> Bool {
        try origin.waitForFinished(1)
        return origin.faults == []
    }

    /// A client that says a little now and then, but reads nothing, must not get more time by it.
    @Test func `gives a client that does not read no more time`() throws {
        let stopped = Gate()
        let origin = try ScriptedOrigin { connection in
            _ = try connection.request()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            let block = BodyPattern.bytes(at: 0, count: 65536)
            _ = try connection.wire.sendUntilBlocked(block, limit: 100_000_000, quiet: 30)
            stopped.open()
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.sendTimeout = .milliseconds(400) }))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head())
        try stopped.wait()
        // Bytes of the client are events on its connection, but none that let it take anything.
        var sent = 0
        while OpenSockets.accepted(on: rig.port) > 0 && sent < 100 {
            try? client.send("x")
            sent += 1
            _ = client.wire.hasHungUp(within: 50)
        }
        #expect(sent < 30, "more than three times its time")
        try origin.waitForFinished(1)
        #expect(rig.metric("gatehouse_limits_hit_total", "send_timeout") == 1)
    }
}
