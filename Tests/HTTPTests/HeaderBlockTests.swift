import Bytes
import HTTP
import Testing

@Suite struct `Header block` {
    private func block(_ fields: KeyValuePairs<String, String>) -> HeaderBlock {
        var block = HeaderBlock(capacity: 16)
        for (name, value) in fields { block.append(name: bytes(name).span, value: bytes(value).span) }
        return block
    }

    @Test func `keeps order and spelling`() {
        let block = block(["B": "1", "hOsT": "2", "A": ""])
        #expect(block.lines == ["B: 1", "hOsT: 2", "A: "])
        #expect((0..<3).map { block[$0].id } == [.other, .host, .other])
    }

    @Test func `finds fields by id and by name`() {
        let block = block(["Accept": "1", "X-A": "2", "x-a": "3", "ACCEPT": "4"])
        #expect(block.firstIndex(of: .accept) == 0)
        #expect(block.firstIndex(of: .accept, from: 1) == 3)
        #expect(block.firstIndex(of: .accept, from: 4) == nil)
        #expect(block.firstIndex(of: .host) == nil)
        #expect(block.firstIndex(named: bytes("x-A").span) == 1)
        #expect(block.firstIndex(named: bytes("X-A").span, from: 2) == 2)
        #expect(block.firstIndex(named: bytes("aCCept").span) == 0)
        #expect(block.firstIndex(named: bytes("X-B").span) == nil)
        #expect((block.contains(.accept), block.contains(.host)) == (true, false))
    }

    @Test func `sets one value in the place of all of a name`() {
        var block = block(["A": "1", "Accept": "2", "B": "3", "accept": "4"])
        let taken32 = block.set(.accept, value: bytes("5").span)
        #expect(taken32)
        #expect(block.lines == ["A: 1", "Accept: 5", "B: 3"])
        let taken34 = block.set(name: bytes("a").span, value: bytes("6").span)
        #expect(taken34)
        let taken35 = block.set(name: bytes("HOST").span, value: bytes("7").span)
        #expect(taken35)
        let taken36 = block.set(name: bytes("C").span, value: bytes("8").span)
        #expect(taken36)
        #expect(block.lines == ["A: 6", "Accept: 5", "B: 3", "Host: 7", "C: 8"])
    }

    @Test func `removes fields and forgets the name with the last of them`() {
        var block = block(["A": "1", "Accept": "2", "a": "3", "accept": "4", "Host": "5"])
        block.remove(at: 1)
        #expect(block.contains(.accept) == true)
        block.remove(.accept)
        #expect(block.contains(.accept) == false)
        block.remove(named: bytes("A").span)
        block.remove(named: bytes("host").span)
        #expect((block.count, block.contains(.host)) == (0, false))
    }

    @Test func `copies a value under another name`() {
        var block = block(["X-Forwarded-For": "1.2.3.4"])
        block.append(.xOriginalForwardedFor, copying: block[0].value)
        block.append(.server, value: "x")
        #expect(block.lines == ["X-Forwarded-For: 1.2.3.4", "X-Original-Forwarded-For: 1.2.3.4", "Server: x"])
    }

    @Test(arguments: ["a\r\nB: c", "a\nb", "a\0", "\u{7F}", "0123456789abcde\u{1}"])
    func `never takes control bytes`(value: String) {
        var block = block(["Accept": "1", "X": "2"])
        let taken61 = block.append(.server, value: bytes(value).span)
        #expect(!taken61)
        let taken62 = block.append(name: bytes("A").span, value: bytes(value).span)
        #expect(!taken62)
        let taken63 = block.set(.accept, value: bytes(value).span)
        #expect(!taken63)
        let taken64 = block.set(name: bytes("X").span, value: bytes(value).span)
        #expect(!taken64)
        let taken65 = block.append(name: bytes(value).span, value: bytes("b").span)
        #expect(!taken65)
        #expect(block.lines == ["Accept: 1", "X: 2"])
    }

    @Test func `takes tabs and bytes from 0x80 in values`() {
        var block = HeaderBlock()
        let taken71 = block.append(.server, value: bytes("a\tb\u{FF}\tcccccccccccc").span)
        #expect(taken71)
    }

    @Test func `starts over when it is cleared`() {
        var block = block(["Accept": "1"])
        block.clear()
        #expect((block.count, block.contains(.accept)) == (0, false))
        block.append(.host, value: "a")
        #expect(block.lines == ["Host: a"])
    }
}

@Suite struct `Hop-by-hop fields` {
    private func forwarded(_ fields: String) throws -> [String] {
        try request("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n").forwarded
    }

    @Test(arguments: [
        "Connection: close", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: a",
        "Transfer-Encoding: chunked", "Upgrade: websocket", "Proxy-Authorization: b", "Proxy-Authenticate: b",
        "HTTP2-Settings: c", "Proxy: http://evil",
    ])
    func `are not forwarded`(field: String) throws { #expect(try forwarded(field + "\r\n") == ["Host: a"]) }

    @Test func `include what Connection nominates`() throws {
        #expect(
            try forwarded("X-A: 1\r\nConnection: x-a, X-B\r\nX-B: 2\r\nx-a: 3\r\nX-C: 4\r\n") == ["Host: a", "X-C: 4"])
    }

    @Test(arguments: [
        "Host", "Content-Length", "Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Anything", "X-Real-IP",
        "X-Request-ID", "X-Original-URI", "ssl-client-verify", "X-Auth-Request-User", "Content-Type", "Accept",
    ])
    func `never include a name that means something to us`(name: String) throws {
        let text =
            "GET / HTTP/1.1\r\nHost: 1\r\nConnection: close, \(name)\r\n\(name == "Host" ? "" : "\(name): 1\r\n")\r\n"
        #expect(try request(text).forwarded.contains("\(name): 1"))
    }

    @Test func `are marked in responses too`() throws {
        let text = "HTTP/1.1 200 OK\r\nConnection: close, X-A\r\nX-A: 1\r\nKeep-Alive: 5\r\nX-B: 2\r\n\r\n"
        var parser = ResponseHeadParser()
        var head = ResponseHead()
        #expect(try parser.parse(bytes(text).span, into: &head) == text.utf8.count)
        #expect(head.headers.forwardedLines == ["X-B: 2"])
    }
}
