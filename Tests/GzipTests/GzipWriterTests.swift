import Bytes
import Gzip
import TestSupport
import Testing

@Suite struct `A gzip writer` {
    private struct NoMemory: Error {}

    /// Everything written into buffers of `capacity`, as a reader gets it.
    private func written(_ pieces: [[UInt8]], level: Int = 1, capacity: Int) throws -> [UInt8] {
        guard var writer = GzipWriter(level: level) else { throw NoMemory() }
        return Self.write(pieces, by: &writer, capacity: capacity)
    }

    private static func write(_ pieces: [[UInt8]], by writer: inout GzipWriter, capacity: Int) -> [UInt8] {
        var result: [UInt8] = []
        var room = ByteBuffer(capacity: capacity)
        func empty() {
            result += room.readable.copied()
            room.clear()
        }
        for piece in pieces {
            var start = 0
            while start < piece.count {
                start += writer.write(piece.span.extracting(start..<piece.count), to: &room)
                empty()
            }
        }
        while !writer.finish(to: &room) { empty() }
        empty()
        return result
    }

    private static let noise = (0..<200_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    private static let repeated = Array(String(repeating: "over and over ", count: 20_000).utf8)

    @Test(arguments: [1, 7, 512, 16 << 10], [1, 6, 9])
    func `writes what readers read, however little room there is`(capacity: Int, level: Int) throws {
        for body in [[], Array("short".utf8), Self.noise, Self.repeated] {
            let bytes = try written([body], level: level, capacity: capacity)
            #expect(Gunzip.read(bytes) == Gunzip.Outcome(bytes: body, isWhole: true))
        }
    }

    @Test func `takes a body in pieces`() throws {
        let pieces = stride(from: 0, to: Self.noise.count, by: 777).map {
            Array(Self.noise[$0..<min($0 + 777, Self.noise.count)])
        }
        let bytes = try written(pieces, capacity: 100)
        #expect(Gunzip.read(bytes)?.bytes == Self.noise)
    }

    @Test func `makes what repeats itself small`() throws {
        #expect(try written([Self.repeated], capacity: 4096).count < Self.repeated.count / 50)
    }

    @Test func `lets readers have what was written when it is flushed`() throws {
        guard var writer = GzipWriter(level: 6) else { throw NoMemory() }
        var room = ByteBuffer(capacity: 4096)
        let text = Array("now".utf8)
        let taken = writer.write(text.span, to: &room)
        let isFlushed = writer.flush(to: &room)
        #expect(taken == 3 && isFlushed)
        let sofar = room.readable.copied()
        #expect(Gunzip.read(sofar) == Gunzip.Outcome(bytes: text, isWhole: false))
    }

    @Test func `says when a flush has no room, and goes on with it`() throws {
        guard var writer = GzipWriter(level: 1) else { throw NoMemory() }
        var large = ByteBuffer(capacity: 64 << 10)
        let noise = Array(Self.noise[..<5000])
        let taken = writer.write(noise.span, to: &large)
        #expect(taken == 5000)
        var result = large.readable.copied()
        var small = ByteBuffer(capacity: 10)
        var rounds = 0
        while !writer.flush(to: &small) {
            result += small.readable.copied()
            small.clear()
            rounds += 1
        }
        result += small.readable.copied()
        #expect(rounds > 10)
        #expect(Gunzip.read(result) == Gunzip.Outcome(bytes: noise, isWhole: false))
    }

    @Test func `begins anew when it is restarted`() throws {
        guard var writer = GzipWriter(level: 1) else { throw NoMemory() }
        var room = ByteBuffer(capacity: 4096)
        _ = writer.write(Self.noise.span.extracting(0..<100), to: &room)
        writer.restart()
        let bytes = Self.write([Array("fresh".utf8)], by: &writer, capacity: 64)
        #expect(Gunzip.read(bytes)?.text == "fresh")
    }
}
