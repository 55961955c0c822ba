import Bytes
import Filters
import HTTP
import Linux

/// Where a body waits that was received before it is wanted: in memory first, then in a file without a name.
///
/// It is the sink of one pump and the source of another. A request's spool keeps everything and is read as often as the
/// request is sent; a response's gives back what the client has taken. Work is bounded by the turn of the pump, memory
/// by `memoryLimit`, the disk by `fileLimit`; what fits into neither waits in the connection it comes from.
final class BodySpool: BodySource, BodySink {
    // What pumps see.
    var input = ByteBuffer()
    var output = ByteBuffer()

    private var memory = ByteBuffer()
    private var file: TemporaryFile?
    private let memoryLimit: Int
    private let fileLimit: Int
    private let keepsAll: Bool
    /// What it is read out of instead of its own memory, from which byte on.
    private let stored: StoredContent?
    private let storedStart: Int
    /// What takes a copy of all that comes.
    private let recording: ResponseCacheFill?
    /// Whether more memory may be taken; the worker's budget decides from turn to turn.
    var mayGrow = true
    /// Nothing more comes.
    private(set) var isComplete = false
    /// Bytes that came and have not been given back.
    private(set) var count = 0
    /// Of those, how many were read.
    private var position = 0
    /// The fields behind the body, where the next protocol has a place for them.
    private var trailers: HeaderBlock?

    /// Memory is taken in steps of this size at least.
    private static let step = 16 << 10
    /// More than this nobody gets, whatever is configured.
    static let memoryCeiling = 16 << 20

    /// - Parameters:
    ///   - keepsAll: everything can be read again after `rewind`; otherwise what was read is given back.
    ///   - fileLimit: bytes that may wait in a file.
    ///   - recording: takes a copy of all that comes.
    init(memoryLimit: Int, fileLimit: Int, keepsAll: Bool, recording: ResponseCacheFill? = nil) {
        self.memoryLimit = min(max(memoryLimit, Self.step), Self.memoryCeiling)
        self.fileLimit = fileLimit
        self.keepsAll = keepsAll
        self.recording = recording
        stored = nil
        storedStart = 0
    }

    /// A spool that is complete already, with content that is not its own.
    init(reading stored: StoredContent, _ range: Range<Int>) {
        memoryLimit = 0
        fileLimit = 0
        keepsAll = true
        recording = nil
        self.stored = stored
        storedStart = range.lowerBound
        count = range.count
        isComplete = true
    }

    /// Bytes of memory that it holds at the moment, besides the buffers that pumps lend it.
    var memoryBytes: Int { memory.capacity }

    /// Begins to be read anew, with `keepsAll`.
    func rewind(_ pool: inout BufferPool) {
        pool.takeBack(&input)
        position = 0
    }

    /// Lets templates know the body, if all of it is in memory.
    func keepBody(in variables: RequestVariables) {
        if fileCount == 0 { Self.keep(memory, in: variables) }
    }

    private static func keep(_ memory: borrowing ByteBuffer, in variables: RequestVariables) {
        variables.keepBody(memory.readable)
    }

    /// Gives all memory back.
    func release(_ pool: inout BufferPool) {
        pool.takeBack(&input)
        pool.takeBack(&output)
        memory.release()
    }

    /// Whether bytes wait that nobody has read.
    private var hasUnread: Bool { position < count }
    /// Bytes that wait in the file; behind them nothing goes into memory.
    private var fileCount: Int { count - memory.count }

    private var memoryRoom: Int {
        if fileCount > 0 { return 0 }
        if memory.room == 0, mayGrow, memory.capacity < memoryLimit {
            memory.grow(to: min(max(memory.capacity * 2, Self.step), memoryLimit))
        }
        return memory.room
    }

    private var fileRoom: Int { fileLimit - fileCount }

    // MARK: Sink

    /// A request's body goes to the file by pipe once memory is full, and from it once memory was read. It is first
    /// the one and then the other; what is written and read by turns is copied.
    var canSplice: Bool { keepsAll && stored == nil && (isComplete ? position >= memory.count : memoryRoom == 0) }

    func flush(_ pool: inout BufferPool) -> Transport.Progress {
        memoryRoom > 0 || fileRoom > 0 ? .done : .blocked
    }

    func send(_ bytes: Span<UInt8>, sent: inout Int, _ pool: inout BufferPool) -> Transport.Progress {
        sent = 0
        defer { recording?.append(bytes.extracting(first: sent)) }
        while sent < bytes.count {
            let room = memoryRoom
            if room > 0 {
                let part = min(room, bytes.count - sent)
                memory.append(bytes.extracting(sent..<sent + part))
                sent += part
                count += part
                continue
            }
            let part = min(fileRoom, bytes.count - sent)
            guard part > 0 else { return .blocked }
            do throws(Errno) { try write(bytes.extracting(sent..<sent + part)) } catch { return .failed(error) }
            sent += part
            count += part
        }
        return .done
    }

    /// The file, taken out of its place: whoever takes it puts it back.
    private func takeFile() throws(Errno) -> TemporaryFile {
        if let open = file.take() { return open }
        return try TemporaryFile()
    }

    /// Takes all of a buffer. False when the disk fails.
    func take(_ buffer: borrowing ByteBuffer) -> Bool {
        var sent = 0
        var pool = BufferPool(bufferCapacity: Self.step, keepingAtMost: 1)
        return buffer.isEmpty || send(buffer.readable, sent: &sent, &pool) == .done
    }

    private func write(_ bytes: Span<UInt8>) throws(Errno) {
        var open = try takeFile()
        var failure: Errno?
        do throws(Errno) { try open.append(bytes) } catch { failure = error }
        file = consume open
        if let failure { throw failure }
    }

    func splice(outOf pipe: inout Pipe, moreFollows: Bool) -> Transport.Progress {
        while pipe.count > 0 {
            do throws(Errno) {
                var open = try takeFile()
                let result = open.append(from: &pipe)
                file = consume open
                switch result {
                case .bytes(let moved): count += moved
                case .failed(let error): return .failed(error)
                case .wouldBlock, .closed: return .failed(.invalid)
                }
            } catch {
                return .failed(error)
            }
        }
        return .done
    }

    func endBody(trailers: borrowing HeaderBlock, _ pool: inout BufferPool) {
        isComplete = true
        guard !trailers.isEmpty else { return }
        var kept = HeaderBlock(capacity: trailers.encodedLength)
        kept.append(contentsOf: trailers)
        self.trailers = consume kept
    }

    // MARK: Source

    func receive(_ pool: inout BufferPool) -> Transport.Reception {
        guard hasUnread else { return isComplete ? .end : .nothing }
        pool.lend(to: &input)
        input.compact()
        guard input.room > 0 else { return .full }
        if let stored {
            let part = min(input.room, count - position)
            stored.append(storedStart + position..<storedStart + position + part, to: &input)
            position += part
        } else if position < memory.count {
            let part = min(input.room, memory.count - position)
            input.append(memory.readable.extracting(position..<position + part))
            position += part
        } else {
            do throws(Errno) {
                let open = try takeFile()
                let read: Int
                do throws(Errno) { read = try open.read(at: position - memory.count, into: &input) } catch {
                    return .failed(error)
                }
                file = consume open
                guard read > 0 else { return .failed(.invalid) }
                position += read
            } catch {
                return .failed(error)
            }
        }
        giveBack()
        return .bytes
    }

    func splice(into pipe: inout Pipe, limit: Int) -> IOResult {
        guard hasUnread else { return .closed }
        guard let result = fill(&pipe, limit: limit) else { return .failed(.invalid) }
        if case .bytes(let moved) = result {
            position += moved
            giveBack()
        }
        return result
    }

    private func fill(_ pipe: inout Pipe, limit: Int) -> IOResult? {
        guard let open = file.take() else { return nil }
        let result = pipe.fill(from: open, at: position - memory.count, limit: min(limit, count - position))
        file = consume open
        return result
    }

    func takeTrailers(into trailers: inout HeaderBlock) {
        guard let kept = self.trailers.take() else { return }
        trailers.append(contentsOf: kept)
        self.trailers = consume kept
    }

    /// All that came was read: its place is free for what comes next.
    private func giveBack() {
        guard !keepsAll, position == count else { return }
        if fileCount > 0, var used = file.take() {
            used.clear()
            file = consume used
        }
        memory.clear()
        position = 0
        count = 0
    }
}

extension HeaderBlock {
    /// Appends copies of another block's fields.
    fileprivate mutating func append(contentsOf other: borrowing HeaderBlock) {
        for index in 0..<other.count { append(name: other.name(index), value: other.value(index)) }
    }
}
