import Bytes
import Gzip
import HTTP
import Linux

/// The compressed form of a body that comes out of a spool, maybe with texts replaced: what the client's side of the
/// exchange reads instead of it.
///
/// Compresses as it is read, a buffer at a time. What has come is never held back for the sake of a better ratio: when
/// the spool is empty and nobody knows of more, what there is goes out (nginx's `gzip` does so, too, for responses that
/// are not buffered).
final class CompressedBody: BodySource {
    /// Where the plain bytes come from.
    enum Source {
        case spool(BodySpool)
        case substituted(SubstitutedBody)
    }

    /// What `GzipWriter` was made for.
    let level: Int
    var input = ByteBuffer()

    private var gzip: GzipWriter
    private var source: Source?
    /// Bytes were compressed since all of it last went out.
    private var owesFlush = false
    private var hasEnded = false
    /// The spool gets more at once, so that its being empty means nothing.
    var moreFollows = false

    /// - Returns: nil when there is no memory.
    init?(level: Int) {
        guard let gzip = GzipWriter(level: level) else { return nil }
        self.gzip = gzip
        self.level = level
    }

    /// Begins with another body.
    func begin(_ source: Source) {
        self.source = source
        gzip.restart()
        owesFlush = false
        hasEnded = false
        moreFollows = false
    }

    /// Forgets the body.
    func end(_ pool: inout BufferPool) {
        pool.takeBack(&input)
        source = nil
    }

    // MARK: Source

    var canSplice: Bool { false }

    func receive(_ pool: inout BufferPool) -> Transport.Reception {
        guard !hasEnded, let source else { return .end }
        pool.lend(to: &input)
        input.compact()
        let before = input.count
        while input.room > 0 {
            if take(from: source) { continue }
            switch source.receive(&pool) {
            case .bytes: continue
            case .nothing:
                if owesFlush, !moreFollows { owesFlush = !gzip.flush(to: &input) }
                return input.count > before ? .bytes : .nothing
            case .end:
                hasEnded = gzip.finish(to: &input)
                return .bytes
            case .full: return .full
            case .failed(let error): return .failed(error)
            }
        }
        return input.count > before ? .bytes : .full
    }

    func splice(into pipe: inout Pipe, limit: Int) -> IOResult { .wouldBlock }

    func takeTrailers(into trailers: inout HeaderBlock) {
        switch source {
        case .spool(let spool): spool.takeTrailers(into: &trailers)
        case .substituted(let body): body.takeTrailers(into: &trailers)
        case nil: break
        }
    }

    /// Compresses what was received.
    ///
    /// - Returns: false when there is nothing.
    private func take(from source: Source) -> Bool {
        switch source {
        case .spool(let spool): Self.take(&spool.input, &gzip, &input, &owesFlush)
        case .substituted(let body): Self.take(&body.input, &gzip, &input, &owesFlush)
        }
    }

    private static func take(
        _ plain: inout ByteBuffer, _ gzip: inout GzipWriter, _ output: inout ByteBuffer, _ owesFlush: inout Bool
    ) -> Bool {
        if plain.isEmpty { return false }
        plain.consume(gzip.write(plain.readable, to: &output))
        owesFlush = true
        return true
    }
}

extension CompressedBody.Source {
    fileprivate func receive(_ pool: inout BufferPool) -> Transport.Reception {
        switch self {
        case .spool(let spool): spool.receive(&pool)
        case .substituted(let body): body.receive(&pool)
        }
    }
}

/// One worker's compressors that wait to be used again. Their memory is worth keeping, but not for long queues of them.
struct CompressorPool: ~Copyable {
    private static let kept = 16
    private var idle: ContiguousArray<CompressedBody> = []

    /// - Returns: nil when there is no memory.
    mutating func take(level: Int) -> CompressedBody? {
        while let one = idle.popLast() {
            if one.level == level { return one }
        }
        return CompressedBody(level: level)
    }

    mutating func give(_ body: CompressedBody) {
        if idle.count < Self.kept { idle.append(body) }
    }
}
