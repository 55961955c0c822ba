internal import Bytes
internal import EventLoop
internal import HTTP
internal import Linux
internal import Telemetry

/// One request to the admin server and its answer.
///
/// `reading` the head, `writing` the answer, then `lingering` until the client has closed, so that a
/// client that sent more than was read still gets its answer.
final class AdminConnection: EventHandler {
    private enum Phase { case reading, writing, lingering }

    let socket: Descriptor
    private unowned let owner: AdminLoop
    private var phase = Phase.reading
    private var input: ByteBuffer
    private var parser: RequestHeadParser
    private var head = RequestHead(capacity: 1024)
    private var output: [UInt8] = []
    private var sent = 0
    private var scrape: Scrape?
    private var isChunked = false
    private var discarded = 0

    /// Bytes behind a request that are read before the connection is closed all the same.
    private static let longestRest = 256 << 10

    init(_ socket: consuming Descriptor, owner: AdminLoop) {
        self.socket = socket
        self.owner = owner
        let limit = owner.limits.headBytes
        input = ByteBuffer(capacity: limit)
        parser = RequestHeadParser(
            limits: HeadLimits(startLineBytes: limit, fieldLineBytes: limit, totalFieldBytes: limit))
    }

    override func ready(_ readiness: Readiness) {
        switch phase {
        case .reading: read()
        case .writing: write()
        case .lingering: discard()
        }
    }

    /// Whether an answer to `/metrics` is under way.
    var isScraping: Bool { scrape != nil }

    /// Too slow: gone.
    override func deadlinePassed() { owner.end(self) }

    // MARK: Reading

    private func read() {
        while phase == .reading {
            switch socket.read(into: &input) {
            case .bytes: parse()
            case .wouldBlock: return
            case .closed, .failed: return owner.end(self)
            }
        }
    }

    private func parse() {
        do {
            if try parser.parse(input.readable, into: &head) != nil {
                respond(
                    owner.routes.answer(head, now: owner.loop.now, allowsScrape: owner.allowsScrape),
                    chunks: head.version == .http11)
            } else if input.room == 0 {
                respond(AdminResponse(.headersTooLarge, "request head is too large\n"), chunks: false)
            }
        } catch {
            respond(AdminResponse(error.status, "\(error.reason)\n"), chunks: false)
        }
    }

    // MARK: Writing

    private func respond(_ response: AdminResponse, chunks: Bool) {
        phase = .writing
        owner.loop.setDeadline(of: self, afterNanoseconds: owner.limits.responseTime)
        switch response.body {
        case .text(let text): output = response.head(chunked: false) + Array(text.utf8)
        case .scrape(let pieces):
            isChunked = chunks
            scrape = pieces
            output = response.head(chunked: chunks)
        }
        write()
    }

    private func write() {
        repeat {
            while sent < output.count {
                switch socket.write(output.span.extracting(droppingFirst: sent)) {
                case .bytes(let count): sent += count
                case .wouldBlock: return
                case .closed, .failed: return owner.end(self)
                }
            }
        } while fillOutput()
        linger()
    }

    /// The next piece of a long answer; false when there is none.
    private func fillOutput() -> Bool {
        guard scrape != nil else { return false }
        sent = 0
        if let piece = scrape?.next() {
            output = isChunked ? Self.chunk(piece) : piece
        } else {
            scrape = nil
            output = isChunked ? Array("0\r\n\r\n".utf8) : []
        }
        return true
    }

    private static func chunk(_ piece: [UInt8]) -> [UInt8] {
        Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece + Array("\r\n".utf8)
    }

    // MARK: Ending

    private func linger() {
        phase = .lingering
        Socket.shutdownSending(socket)
        owner.loop.setDeadline(of: self, afterNanoseconds: 1_000_000_000)
        discard()
    }

    /// Reads what the client still sends, so that closing does not reset its answer away.
    private func discard() {
        while discarded < Self.longestRest {
            input.clear()
            switch socket.read(into: &input) {
            case .bytes(let count): discarded += count
            case .wouldBlock: return
            case .closed, .failed: return owner.end(self)
            }
        }
        owner.end(self)
    }
}
