import Bytes
import HTTP
import Linux

/// Moves one body from one stream to another, with bounded memory whatever its size.
///
/// What the sink does not take stays in the source: nothing more is read until it has gone, so a slow
/// reader slows its writer down. Bodies are re-framed, never passed on as they are; data of known
/// length goes from the receiving buffer to the socket without a copy, and large stretches of it go
/// through a pipe inside the kernel and never enter this process.
struct BodyPump: ~Copyable {
    enum Outcome: Equatable {
        /// The body has ended as it should, and all of it has been sent.
        case complete
        /// More must arrive.
        case sourceEmpty
        /// The sink takes no more now.
        case sinkBlocked
        /// The source ended before the body did.
        case sourceEnded
        case sinkFailed
        case malformed(HTTP1Error)
        case tooLarge
        /// There is more to do, but others get their turn first.
        case yielded
        /// All that the ceiling allows has been moved.
        case paced
    }

    private var framing = BodyFraming.none
    /// For a body of known length: what has not been taken from the source yet.
    private var remaining = 0
    /// Decoded bytes at the front of the source's input that have not been passed on.
    private var pending = 0
    private var decoder = ChunkedDecoder()
    private var trailers = HeaderBlock(capacity: 64)
    /// What of the trailers stays behind. Set anew for each message.
    var withheld = WithheldTrailers()
    private var pipe: Pipe?
    /// The sink gets chunks; otherwise bare bytes.
    var encodesChunks = false
    private var limit = Int.max
    /// Bytes of content that may have been moved by now.
    var ceiling = Int.max
    private var hasEnded = true
    /// The sink was told of the end.
    private var endIsTold = true
    /// Bytes of content taken from the source.
    private(set) var moved = 0

    /// From this many remaining bytes on a body goes through a pipe.
    private static let spliceThreshold = 64 << 10
    /// Bytes moved before others get their turn.
    private static let turn = 1 << 20
    /// From this many bytes on a buffer that holds nothing else is handed over rather than copied.
    private static let worthHandingOver = 1 << 10
    /// Room that writing a chunk needs besides its data: its start, its end and the last chunk.
    private static let chunkOverhead = ByteBuffer.longestChunkStart + 2 + 5

    /// Begins a body.
    ///
    /// - Parameters:
    ///   - encodesChunks: the sink gets chunks; otherwise bare bytes.
    ///   - limit: most bytes of content.
    mutating func start(_ framing: BodyFraming, encodesChunks: Bool = false, limit: Int = .max) {
        self.framing = framing
        self.encodesChunks = encodesChunks
        self.limit = limit
        ceiling = .max
        remaining = 0
        pending = 0
        moved = 0
        hasEnded = false
        endIsTold = false
        if !trailers.isEmpty { trailers.clear() }
        switch framing {
        case .none: hasEnded = true
        case .length(let count):
            remaining = count
            hasEnded = count == 0
        case .chunked: decoder = ChunkedDecoder()
        case .untilClose: break
        }
    }

    /// Lets more of the body pass than `start` did.
    mutating func raise(limit: Int) { self.limit = limit }

    /// For a further attempt at a message of which nothing was taken: another sink wants to know of its end.
    mutating func repeatEnd() { endIsTold = false }

    /// Forgets the body; the next `start` finds a clean pump.
    mutating func clear(_ pipes: inout PipePool) {
        framing = .none
        hasEnded = true
        pending = 0
        if !withheld.isEmpty { withheld = WithheldTrailers() }
        if let used = pipe.take() { pipes.give(used) }
    }

    /// All of the body has been taken from the source.
    var isTaken: Bool { hasEnded }
    /// Nothing of the body has been taken from the source.
    var isUntouched: Bool { moved == 0 }
    /// What is still to come of a body of known length; nil when nobody knows.
    var known: Int? {
        if hasEnded { return 0 }
        if case .length = framing { return remaining }
        return nil
    }

    /// Moves what can be moved now.
    mutating func run<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        from source: inout Source, to sink: inout Sink, _ pool: inout BufferPool, _ pipes: inout PipePool
    ) -> Outcome {
        var budget = Self.turn
        while true {
            if let stop = drainPipe(to: &sink, &pool) { return stop }
            var needsMore = source.input.isEmpty
            if !hasEnded && !needsMore {
                let before = source.input.count
                if let stop = step(&source, &sink, &pool, &needsMore) { return stop }
                budget -= before - source.input.count
                if !hasEnded && !needsMore && !source.input.isEmpty && sink.output.isEmpty && budget > 0 { continue }
            }
            if hasEnded && !endIsTold { tellEnd(&source, &sink, &pool) }
            switch sink.flush(&pool) {
            case .done: break
            case .blocked: return .sinkBlocked
            case .failed: return .sinkFailed
            }
            if hasEnded { return .complete }
            if !needsMore { if budget > 0 { continue } else { return .yielded } }
            if budget <= 0 { return .yielded }
            if let stop = fetch(&source, &sink, &pool, &pipes, &budget) { return stop }
        }
    }

    // MARK: Taking bytes from the input

    /// Passes on what is at the front of the input. `needsMore` says that the rest of it is no use yet.
    private mutating func step<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        _ source: inout Source, _ sink: inout Sink, _ pool: inout BufferPool, _ needsMore: inout Bool
    ) -> Outcome? {
        switch framing {
        case .none: return nil
        case .length:
            let sent = passOn(min(remaining, source.input.count), &source, &sink, &pool)
            remaining -= sent.count
            hasEnded = remaining == 0
            return sent.stop
        case .untilClose:
            return passOn(source.input.count, &source, &sink, &pool).stop
        case .chunked:
            if pending == 0, let stop = decode(&source, &needsMore) { return stop }
            guard pending > 0 else { return nil }
            let sent = passOn(pending, &source, &sink, &pool)
            pending -= sent.count
            return sent.stop
        }
    }

    /// Sends what waits before the body rests.
    private func rest<Sink: BodySink & ~Copyable>(_ sink: inout Sink, _ pool: inout BufferPool) -> Outcome {
        if case .failed = sink.flush(&pool) { return .sinkFailed }
        return .paced
    }

    private mutating func decode<Source: BodySource & ~Copyable>(
        _ source: inout Source, _ needsMore: inout Bool
    ) -> Outcome? {
        do throws(HTTP1Error) {
            switch try decoder.next(source.input.readable, trailers: &trailers) {
            case .needMore(let consumed):
                source.input.consume(consumed)
                needsMore = true
            case .data(let skip, let count):
                source.input.consume(skip)
                pending = count
            case .end(let consumed):
                source.input.consume(consumed)
                hasEnded = true
            }
            return nil
        } catch {
            return .malformed(error)
        }
    }

    /// Sends up to `count` bytes of the input, by way of the output when bytes wait there already.
    private mutating func passOn<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        _ wanted: Int, _ source: inout Source, _ sink: inout Sink, _ pool: inout BufferPool
    ) -> (count: Int, stop: Outcome?) {
        if moved + wanted > limit { return (0, .tooLarge) }
        if moved >= ceiling { return (0, rest(&sink, &pool)) }
        let count = min(wanted, ceiling - moved)
        var sent = 0
        var stop: Outcome?
        if count >= Self.worthHandingOver, count == source.input.count, !encodesChunks,
            sink.takeStorage(of: &source.input)
        {
            moved += count
            return (count, nil)
        }
        if encodesChunks {
            pool.lend(to: &sink.output)
            sent = min(count, sink.output.room - Self.chunkOverhead)
            guard sent > 0 else { return (0, nil) }
            sink.output.appendChunkStart(count: sent)
            sink.output.append(source.input.readable.extracting(first: sent))
            sink.output.appendChunkEnd()
        } else if !sink.output.isEmpty {
            sent = min(count, sink.output.room)
            sink.output.append(source.input.readable.extracting(first: sent))
        } else {
            switch sink.send(source.input.readable.extracting(first: count), sent: &sent, &pool) {
            case .done: break
            case .blocked: stop = .sinkBlocked
            case .failed: stop = .sinkFailed
            }
        }
        source.input.consume(sent)
        moved += sent
        return (sent, stop)
    }

    /// The last of the body has been passed on: what says so goes behind it.
    private mutating func tellEnd<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        _ source: inout Source, _ sink: inout Sink, _ pool: inout BufferPool
    ) {
        endIsTold = true
        source.takeTrailers(into: &trailers)
        if !trailers.isEmpty { withheld.remove(from: &trailers) }
        guard encodesChunks else { return sink.endBody(trailers: trailers, &pool) }
        pool.lend(to: &sink.output)
        if trailers.isEmpty {
            if sink.output.room < 5 { sink.output.grow(to: sink.output.count + 5) }
            return sink.output.appendLastChunk()
        }
        let needed = trailers.encodedLength + 5
        if sink.output.room < needed { sink.output.grow(to: sink.output.count + needed) }
        sink.output.appendLastChunk(trailers: trailers)
    }

    // MARK: Getting more

    private mutating func fetch<Source: BodySource & ~Copyable, Sink: BodySink & ~Copyable>(
        _ source: inout Source, _ sink: inout Sink, _ pool: inout BufferPool, _ pipes: inout PipePool,
        _ budget: inout Int
    ) -> Outcome? {
        if case .length = framing, remaining >= Self.spliceThreshold || pipe != nil, source.input.isEmpty,
            source.canSplice && sink.canSplice, limit - moved >= remaining, takePipe(&pipes)
        {
            return fillPipe(from: &source, &budget)
        }
        switch source.receive(&pool) {
        case .bytes: return nil
        case .nothing: return .sourceEmpty
        case .full: return .malformed(.fieldLineTooLong)
        case .failed: return .sourceEnded
        case .end:
            guard framing == .untilClose else { return .sourceEnded }
            hasEnded = true
            return nil
        }
    }

    private mutating func takePipe(_ pipes: inout PipePool) -> Bool {
        if pipe == nil { pipe = pipes.take() }
        return pipe != nil
    }

    private mutating func fillPipe<Source: BodySource & ~Copyable>(
        from source: inout Source, _ budget: inout Int
    ) -> Outcome? {
        if moved >= ceiling { return .paced }
        guard var filling = pipe.take() else { return nil }
        let result = source.splice(into: &filling, limit: min(remaining, Pipe.capacity, ceiling - moved))
        pipe = consume filling
        switch result {
        case .bytes(let count):
            remaining -= count
            moved += count
            budget -= count
            hasEnded = remaining == 0
            return nil
        case .wouldBlock: return .sourceEmpty
        case .closed, .failed: return .sourceEnded
        }
    }

    private mutating func drainPipe<Sink: BodySink & ~Copyable>(
        to sink: inout Sink, _ pool: inout BufferPool
    ) -> Outcome? {
        guard var draining = pipe.take() else { return nil }
        let outcome = drain(&draining, to: &sink, &pool)
        pipe = consume draining
        return outcome
    }

    private func drain<Sink: BodySink & ~Copyable>(
        _ pipe: inout Pipe, to sink: inout Sink, _ pool: inout BufferPool
    ) -> Outcome? {
        guard pipe.count > 0 else { return nil }
        switch sink.flush(&pool) {
        case .done: break
        case .blocked: return .sinkBlocked
        case .failed: return .sinkFailed
        }
        switch sink.splice(outOf: &pipe, moreFollows: remaining > 0) {
        case .done: return nil
        case .blocked: return .sinkBlocked
        case .failed: return .sinkFailed
        }
    }
}
