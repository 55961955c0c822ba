import HTTP
import Testing

@testable import HTTP2

@Suite struct `Memory for HTTP/2` {
    /// What every size has to do, those of the edges of the size classes among them.
    static let sizes = [0, 1, 63, 64, 65, 128, 129, 256, 257, 1024, 2047, 2048, 2049, 5000, 70_000]

    /// `#require` makes its argument immutable, which whoever gives memory is not.
    private static func some(_ piece: UnsafeMutableRawPointer?) throws -> UnsafeMutableRawPointer {
        try #require(piece)
    }

    @Test(arguments: sizes) func `has room for what was asked for, aligned for anything`(size: Int) throws {
        var lists = HTTP2Memory.Lists()
        let pieces = (0..<3).compactMap { _ in lists.take(size) }
        #expect(pieces.count == 3)
        for (index, piece) in pieces.enumerated() {
            #expect(Int(bitPattern: piece) % 16 == 0)
            piece.initializeMemory(as: UInt8.self, repeating: UInt8(index + 1), count: size)
        }
        for (index, piece) in pieces.enumerated() {
            #expect((0..<size).allSatisfy { piece.load(fromByteOffset: $0, as: UInt8.self) == UInt8(index + 1) })
            lists.give(piece)
        }
        lists.release()
    }

    @Test(arguments: sizes) func `keeps small pieces for the next stream, and large ones for nobody`(size: Int) throws {
        var lists = HTTP2Memory.Lists()
        let piece = try Self.some(lists.take(size))
        lists.give(piece)
        #expect(lists.waiting == (size <= 2048 ? 1 : 0))
        let again = try Self.some(lists.take(size))
        #expect(lists.waiting == 0)
        if size <= 2048 { #expect(again == piece) }
        lists.give(again)
        lists.release()
        #expect(lists.waiting == 0)
    }

    @Test func `clears what it is asked to clear, used before or not`() throws {
        var lists = HTTP2Memory.Lists()
        let used = try Self.some(lists.take(96))
        used.initializeMemory(as: UInt8.self, repeating: 7, count: 96)
        lists.give(used)
        let cleared = try Self.some(lists.takeCleared(6, 16))
        #expect(cleared == used)
        #expect((0..<96).allSatisfy { cleared.load(fromByteOffset: $0, as: UInt8.self) == 0 })
        let impossible = lists.takeCleared(.max, 2)
        #expect(impossible == nil)
        lists.give(cleared)
        lists.release()
    }

    @Test(arguments: [(60, 64), (60, 65), (1000, 3000), (3000, 9000), (9000, 100)])
    func `keeps what a piece holds that grows`(first: Int, second: Int) throws {
        var lists = HTTP2Memory.Lists()
        let piece = try Self.some(lists.resize(nil, first))
        piece.initializeMemory(as: UInt8.self, repeating: 5, count: first)
        let grown = try Self.some(lists.resize(piece, second))
        #expect((0..<min(first, second)).allSatisfy { grown.load(fromByteOffset: $0, as: UInt8.self) == 5 })
        lists.give(grown)
        lists.release()
    }

    @Test func `does not keep more than its bounds`() throws {
        var lists = HTTP2Memory.Lists()
        // A slab holds seven pieces of 2 KiB with what stands in front of them.
        let bound = HTTP2Memory.slabLimit * 7
        #expect(bound > HTTP2Memory.bytesKept / 2048)
        let pieces = (0..<2 * bound).compactMap { _ in lists.take(2048) }
        #expect(Set(pieces).count == 2 * bound)
        for piece in pieces.reversed() { lists.give(piece) }
        #expect(lists.waiting == bound + HTTP2Memory.bytesKept / 2048)
        lists.release()
        #expect(lists.waiting == 0)
    }

    @Test func `is asked for nothing new by the streams that follow`() throws {
        let pair = SessionPair()
        func serve() throws {
            let asked = try #require(pair.request("GET /a HTTP/1.1", "Host: shop.example"))
            pair.exchange()
            let state = try #require(pair.atServer.last { $0.signals.contains(.head) }).state
            pair.respond(state, .ok, "X-A: b", endsStream: true)
            pair.exchange()
            let status = asked.response.status
            #expect(status == .ok)
        }
        try serve()
        let waiting = pair.serverPieces
        #expect(waiting > 0)
        for _ in 0..<5 {
            try serve()
            #expect(pair.serverPieces == waiting)
        }
    }
}
