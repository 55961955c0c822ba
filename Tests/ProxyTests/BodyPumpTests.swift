import Bytes
import HTTP
import Linux
import Testing

@testable import Proxy

@Suite struct `Body pump` {
    /// Has all there is in its input.
    private struct Source: BodySource, ~Copyable {
        var input = ByteBuffer(capacity: 32 << 10)
        var canSplice: Bool { false }

        mutating func receive(_ pool: inout BufferPool) -> Transport.Reception { .nothing }
        mutating func splice(into pipe: inout Pipe, limit: Int) -> IOResult { .wouldBlock }
        mutating func takeTrailers(into trailers: inout HeaderBlock) {}
    }

    /// Takes so many bytes each time, then no more.
    private struct Sink: BodySink, ~Copyable {
        var output = ByteBuffer()
        var canSplice: Bool { false }
        var steps: [Int]
        private(set) var taken: [UInt8] = []

        init(_ steps: [Int]) { self.steps = steps }

        mutating func flush(_ pool: inout BufferPool) -> Transport.Progress {
            let count = min(steps.isEmpty ? output.count : steps.removeFirst(), output.count)
            taken += output.readable.extracting(first: count).copied()
            output.consume(count)
            return output.isEmpty ? .done : .blocked
        }

        mutating func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
            sent = 0
            return .blocked
        }

        mutating func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress { .done }
        mutating func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {}
    }

    /// A reader that takes part of a buffer leaves less room behind the rest than there is in all.
    @Test(arguments: [1, 5_000, 9_000, 13_990, 14_000])
    func `ends a body with trailers however little of it has been taken`(taken: Int) {
        var pool = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 4)
        var pipes = PipePool(keepingAtMost: 1)
        let trailer = "X-Sum: " + String(repeating: "a", count: 5_000) + "\r\n"
        let data = String(repeating: "b", count: 14_000)
        var source = Source()
        source.input.append(Array("36b0\r\n\(data)\r\n0\r\n\(trailer)\r\n".utf8).span)
        var sink = Sink([taken])
        var pump = BodyPump()
        pump.start(.chunked, encodesChunks: true)
        let first = pump.run(from: &source, to: &sink, &pool, &pipes)
        let second = pump.run(from: &source, to: &sink, &pool, &pipes)
        let text = String(decoding: sink.taken, as: UTF8.self)
        #expect(first == .sinkBlocked && second == .complete)
        #expect(text == "36b0\r\n\(data)\r\n0\r\n\(trailer)\r\n")
        pool.takeBack(&sink.output)
    }
}
