import Bytes
import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite struct `Body spool` {
    private func pool() -> BufferPool { BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 4) }

    private func bytes(_ range: Range<Int>) -> [UInt8] { range.map { UInt8(truncatingIfNeeded: $0 &* 31) } }

    /// Puts bytes in; says how many were taken.
    private func put(_ bytes: [UInt8], into spool: BodySpool) -> Int {
        var pool = pool()
        var sent = 0
        _ = spool.send(bytes.span, sent: &sent, &pool)
        return sent
    }

    /// Takes everything out that is there.
    private func takeAll(from spool: BodySpool, _ pool: inout BufferPool) -> [UInt8] {
        var taken: [UInt8] = []
        while spool.receive(&pool) == .bytes {
            taken += spool.input.readable.copied()
            spool.input.consume(spool.input.count)
        }
        return taken
    }

    @Test(arguments: [0, 1, 16 << 10, (16 << 10) + 1, 300_000])
    func `gives a request's body back as often as it is asked`(count: Int) {
        var pool = pool()
        let spool = BodySpool(memoryLimit: 8 << 10, fileLimit: .max, keepsAll: true)
        #expect(put(bytes(0..<count), into: spool) == count)
        spool.endBody(trailers: HeaderBlock(capacity: 1), &pool)
        for _ in 0..<3 {
            spool.rewind(&pool)
            #expect(takeAll(from: spool, &pool) == bytes(0..<count))
            #expect(spool.receive(&pool) == .end)
        }
        #expect(spool.memoryBytes <= 16 << 10)
    }

    @Test func `gives a response's bytes in order, however reading and writing alternate`() {
        var pool = pool()
        let spool = BodySpool(memoryLimit: 16 << 10, fileLimit: 1 << 20, keepsAll: false)
        var (written, taken) = (0, [UInt8]())
        for step in [10, 20_000, 1, 40_000, 0, 16 << 10, 5, 70_000] {
            #expect(put(bytes(written..<written + step), into: spool) == step)
            written += step
            if step % 2 == 0, spool.receive(&pool) == .bytes {
                taken += spool.input.readable.copied()
                spool.input.consume(spool.input.count)
            }
            if step == 40_000 { taken += takeAll(from: spool, &pool) }
        }
        taken += takeAll(from: spool, &pool)
        #expect(spool.receive(&pool) == .nothing)
        #expect(taken == bytes(0..<written))
        spool.endBody(trailers: HeaderBlock(capacity: 1), &pool)
        #expect(spool.receive(&pool) == .end)
    }

    @Test func `takes no more than memory and file may hold`() {
        var pool = pool()
        let spool = BodySpool(memoryLimit: 16 << 10, fileLimit: 10_000, keepsAll: false)
        let all = bytes(0..<100_000)
        #expect(put(all, into: spool) == (16 << 10) + 10_000)
        #expect(spool.flush(&pool) == .blocked)
        #expect(put([1], into: spool) == 0)
        #expect(takeAll(from: spool, &pool) == Array(all.prefix((16 << 10) + 10_000)))
        #expect(spool.flush(&pool) == .done, "what was taken made room")
        let without = BodySpool(memoryLimit: 16 << 10, fileLimit: 0, keepsAll: false)
        #expect(put(all, into: without) == 16 << 10)
    }

    @Test func `takes no memory beyond its limit or the budget`() {
        let spool = BodySpool(memoryLimit: 64 << 10, fileLimit: .max, keepsAll: true)
        _ = put(bytes(0..<10), into: spool)
        #expect(spool.memoryBytes == 16 << 10)
        spool.mayGrow = false
        #expect(put(bytes(0..<100_000), into: spool) == 100_000)
        #expect(spool.memoryBytes == 16 << 10, "the rest went to the file")
    }

    @Test func `keeps the fields behind a body`() {
        var pool = pool()
        let spool = BodySpool(memoryLimit: 0, fileLimit: .max, keepsAll: false)
        var trailers = HeaderBlock(capacity: 64)
        trailers.append(name: Array("grpc-status".utf8).span, value: Array("0".utf8).span)
        spool.endBody(trailers: trailers, &pool)
        var taken = HeaderBlock(capacity: 64)
        spool.takeTrailers(into: &taken)
        let count = taken.count
        #expect(count == 1)
    }
}
