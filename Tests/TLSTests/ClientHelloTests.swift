import Bytes
import Linux
import TestSupport
import Testing

@testable import TLS

@Suite struct `ClientHello peek` {
    private func peek(_ bytes: [UInt8]) -> ClientHello.Peek { ClientHello.peek(bytes.span) }
    private func serverName(_ name: String) -> ServerName? { ServerName(Array(name.utf8).span) }

    /// What our own client says first.
    private func hello(for name: String?) throws -> [UInt8] {
        let pair = SessionPair(server: try Given.server(), client: try Given.client { $0.indicatedName = name })
        var buffer = ByteBuffer(capacity: 16 << 10)
        _ = pair.client.proceed(&buffer)
        buffer.clear()
        _ = pair.serverSocket.read(into: &buffer)
        return buffer.readable.array()
    }

    @Test(arguments: ["shop.example", nil])
    func `finds the name however the hello arrives`(name: String?) throws {
        let bytes = try hello(for: name)
        for count in 0..<bytes.count { #expect(peek(Array(bytes[..<count])) == .incomplete) }
        #expect(peek(bytes) == .hello(name.flatMap(serverName)))
        #expect(peek(bytes + [1, 2, 3]) == .hello(name.flatMap(serverName)))
    }

    @Test func `finds the name in a hello of many records`() throws {
        let bytes = try hello(for: "shop.example")
        let cut: [UInt8] = bytes[5...].flatMap { [22, 3, 1, 0, 1, $0] as [UInt8] }
        #expect(peek(cut) == .hello(serverName("shop.example")))
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1".utf8), [22, 3, 1, 0, 0], [22, 2, 0, 0, 5], [22, 3, 1, 0, 4, 2, 0, 0, 0],
        [22, 3, 1, 0, 5, 1, 0, 0, 1, 0], [22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff], [21, 3, 1, 0, 2, 1, 0],
    ])
    func `leaves everything else to whoever terminates TLS`(bytes: [UInt8]) {
        #expect(peek(bytes) == .other)
    }

    @Test func `looks at no more than its limit`() {
        let record: [UInt8] = [22, 3, 1, 0, 1]
        var bytes = record + [1] + record + [0] + record + [0x3f] + record + [0]
        while bytes.count < ClientHello.limit { bytes += record + [0] }
        #expect(peek(bytes) == .other)
    }

    @Test(arguments: seeds(in: "client-hello"))
    func `of a seed never changes its mind`(seed: Seed) {
        for bytes in seed.variations(300) {
            let whole = peek(bytes)
            for cut in seed.cuts(of: bytes) {
                let early = peek(Array(bytes[..<cut]))
                #expect(early == .incomplete || early == whole)
            }
        }
    }
}
