import Bytes
import HTTP
import HTTP2

/// An HTTP/2 session hears the same requests, with the same content and trailers, however its bytes arrive; and a request
/// that it lets through is one request in HTTP/1, with the same fields, when it is written as that.
///
/// The input is what a client says after its preface. It is heard by a server that says nothing, and then by one that
/// answers everything.
func brokenHTTP2Requests(_ bytes: [UInt8]) -> String? {
    let whole = HTTP2Hearing.ofServer([bytes])
    let middle = cut(of: bytes)
    let pieces = [Array(bytes[..<middle]), Array(bytes[middle...])]
    let inTwo = HTTP2Hearing.ofServer(pieces)
    if let broken = whole.broken ?? inTwo.broken { return broken }
    if whole.said != inTwo.said { return "the requests depend on how the bytes are cut: \(whole.said), \(inTwo.said)" }
    return HTTP2Hearing.ofServer(pieces, answering: true).broken
}

/// What an HTTP/2 session makes of what its peer says.
public struct HTTP2Hearing: Sendable {
    /// Each message in one text, in the order of these. Content and trailers are told once a message has ended.
    public private(set) var said: [String] = []
    /// The promise that was broken.
    public internal(set) var broken: String?

    /// What a server hears of a client that says this after its preface, piece by piece.
    ///
    /// - Parameter answering: each request is answered, with content and trailers, and the answers are sent after each
    ///   piece.
    public static func ofServer(_ pieces: [[UInt8]], answering: Bool = false) -> HTTP2Hearing {
        var conversation = HTTP2Server(answers: answering)
        return conversation.hear(pieces)
    }

    /// What a client that has asked for two things hears of a server that says this.
    ///
    /// - Parameter sending: what the client has to say meanwhile is sent after each piece.
    public static func ofClient(_ pieces: [[UInt8]], sending: Bool = false) -> HTTP2Hearing {
        var conversation = HTTP2Client(sends: sending)
        return conversation.hear(pieces)
    }

    mutating func note(_ text: String) { said.append(text) }

    /// No buffer may be missing when all is over.
    mutating func finish(_ buffers: borrowing BufferPool) {
        said.sort()
        if buffers.outstanding != 0 { broken = broken ?? "\(buffers.outstanding) buffers were not given back" }
    }
}

/// A server that hears a client out.
private struct HTTP2Server: ~Copyable {
    private let session: HTTP2Session
    private let answers: Bool
    private var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 8)
    private var hearing = HTTP2Hearing()
    private var content: [Int32: Int] = [:]
    private var frames = HTTP2FrameCheck()

    init(answers: Bool) {
        session = HTTP2Session(.server, .init(), pool: HTTP2StreamPool(.server))
        self.answers = answers
    }

    mutating func hear(_ pieces: [[UInt8]]) -> HTTP2Hearing {
        receive(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        for piece in pieces where !piece.isEmpty { receive(piece) }
        session.recycleAll(&buffers)
        hearing.finish(buffers)
        return hearing
    }

    private mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span, now: 0, &buffers)
        follow()
        guard answers else { return }
        var output = ByteBuffer()
        while session.drain(into: &output, &buffers) {
            if let broken = frames.take(output.readable) { hearing.broken = hearing.broken ?? broken }
            buffers.takeBack(&output)
            follow()
        }
    }

    private mutating func follow() {
        while let (state, signals) = session.nextSignalled() {
            if signals.contains(.head) { take(state) }
            if signals.contains(.data) { content[state.id, default: 0] += state.input.count }
            state.input.clear()
            session.consume(state)
            if signals.contains(.ended), state.fault == nil { end(state) }
            if signals.contains(.closed) { session.recycle(state, &buffers) }
        }
    }

    private mutating func take(_ state: HTTP2StreamState) {
        if answers { answer(state) }
        guard state.fault == nil else { return }
        hearing.note("\(state.id) \(Self.summary(of: state.request))")
        if state.request.method == .connect { return }
        if let fault = brokenAsHTTP1(state.request) { hearing.broken = hearing.broken ?? fault }
    }

    private mutating func end(_ state: HTTP2StreamState) {
        let length = content[state.id] ?? 0
        hearing.note("\(state.id) ended, \(length) bytes, \(state.trailers.count) trailers")
        if let fault = brokenAsTrailers(state.trailers) { hearing.broken = hearing.broken ?? fault }
    }

    /// More than a stream's window, with trailers; a refusal for what has a fault.
    private mutating func answer(_ state: HTTP2StreamState) {
        guard !state.headIsSent, state.closeCode == nil else { return }
        var head = ByteBuffer(capacity: 256)
        head.append("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Seen: some\r\n\r\n")
        guard state.fault == nil else { return session.respond(state, .badRequest, head, endsStream: true) }
        session.inform(state, Status(rawValue: 103), head)
        session.respond(state, .ok, head, endsStream: false)
        buffers.lend(to: &state.output)
        state.output.append([UInt8](repeating: 0x61, count: state.output.room).span)
        let name = Array("x-end".utf8)
        state.outgoingTrailers.append(name: name.span, value: name.span)
        session.endOutput(state)
    }

    private static func summary(of head: borrowing RequestHead) -> String {
        "\(head.methodBytes.text) \(head.originTarget.text) \(head.hostName.text)"
    }
}

/// What is wrong with a head that goes to an origin.
private func brokenAsHTTP1(_ head: borrowing RequestHead) -> String? {
    var text = ByteBuffer(capacity: 1 << 19)
    text.appendRequestLine(method: head.methodBytes, target: head.originTarget)
    text.appendFields(head.headers, except: [])
    text.appendHeadEnd()
    var parser = RequestHeadParser(limits: .generous, underscores: .ignore)
    var again = RequestHead()
    guard let length = try? parser.parse(text.readable, into: &again), length == text.count else {
        return "what came over HTTP/2 is no request in HTTP/1"
    }
    var kept = 0
    for index in 0..<head.headers.count where !head.headers[index].isHopByHop { kept += 1 }
    if again.headers.count != kept { return "\(kept) fields became \(again.headers.count)" }
    return again.normalPath.equals(head.normalPath) ? nil : "the path changed on its way"
}

extension HeadLimits {
    /// More than HTTP/2 lets through, so that nothing is refused for its length.
    static let generous = HeadLimits(
        startLineBytes: 1 << 17, fieldLineBytes: 65_535, totalFieldBytes: 1 << 18, fieldCount: 1000)
}

extension Span<UInt8> {
    var array: [UInt8] {
        var array: [UInt8] = []
        array.reserveCapacity(count)
        for index in indices { array.append(self[index]) }
        return array
    }

    var text: String { String(decoding: array, as: UTF8.self) }
}
