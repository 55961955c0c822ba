import Bytes
import HTTP
import HTTP2

/// An HTTP/2 session hears the same responses, with the same content and trailers, however its bytes arrive; and a response
/// that it lets through is one response in HTTP/1, with the same fields, when it is written as that.
///
/// The input is what an upstream says to a proxy that has asked for two things: with GET on stream 1, and with POST and
/// content on stream 3.
func brokenHTTP2Responses(_ bytes: [UInt8]) -> String? {
    let whole = HTTP2Hearing.ofClient([bytes])
    let middle = cut(of: bytes)
    let pieces = [Array(bytes[..<middle]), Array(bytes[middle...])]
    let inTwo = HTTP2Hearing.ofClient(pieces)
    if let broken = whole.broken ?? inTwo.broken { return broken }
    if whole.said != inTwo.said { return "the responses depend on how the bytes are cut: \(whole.said), \(inTwo.said)" }
    return HTTP2Hearing.ofClient(pieces, sending: true).broken
}

/// A client that hears a server out. It counts content: what that is made of can hardly be changed on the way.
struct HTTP2Client: ~Copyable {
    private let session: HTTP2Session
    private let sends: Bool
    private var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 8)
    private var hearing = HTTP2Hearing()
    private var content: [Int32: Int] = [:]
    private var frames = HTTP2FrameCheck(skipping: 24)

    init(sends: Bool) {
        session = HTTP2Session(.client, .init(), pool: HTTP2StreamPool(.client))
        self.sends = sends
    }

    mutating func hear(_ pieces: [[UInt8]]) -> HTTP2Hearing {
        ask("GET /a HTTP/1.1\r\nHost: shop.example\r\nTE: trailers\r\n\r\n", endsStream: true)
        ask("POST /b HTTP/1.1\r\nHost: shop.example\r\n\r\n", endsStream: false)
        send()
        for piece in pieces where !piece.isEmpty {
            session.receive(piece.span, now: 0, &buffers)
            follow()
            if sends { send() }
        }
        session.recycleAll(&buffers)
        hearing.finish(buffers)
        return hearing
    }

    private mutating func ask(_ text: StaticString, endsStream: Bool) {
        var head = ByteBuffer(capacity: 256)
        head.append(text)
        guard let state = session.request(head, scheme: "https", endsStream: endsStream), !endsStream else { return }
        buffers.lend(to: &state.output)
        state.output.append([UInt8](repeating: 0x62, count: state.output.room).span)
        session.resume(state)
    }

    private mutating func send() {
        var output = ByteBuffer()
        while session.drain(into: &output, &buffers) {
            if let broken = frames.take(output.readable) { hearing.broken = hearing.broken ?? broken }
            buffers.takeBack(&output)
            follow()
        }
    }

    private mutating func follow() {
        while let (state, signals) = session.nextSignalled() {
            if signals.contains(.interim) { take(state.interim, of: state.id, "interim") }
            if signals.contains(.head) { take(state.response, of: state.id, "final") }
            if signals.contains(.data) { content[state.id, default: 0] += state.input.count }
            state.input.clear()
            session.consume(state)
            if signals.contains(.ended) {
                let length = content[state.id] ?? 0
                hearing.note("\(state.id) ended, \(length) bytes, \(state.trailers.count) trailers")
                if let fault = brokenAsTrailers(state.trailers) { hearing.broken = hearing.broken ?? fault }
            }
            if signals.contains(.closed) { session.recycle(state, &buffers) }
        }
    }

    private mutating func take(_ head: borrowing ResponseHead, of id: Int32, _ kind: String) {
        // Of several interim responses only the newest is told of: which one depends on when somebody looks.
        if kind == "final" { hearing.note("\(id) \(head.status.rawValue), \(head.headers.count) fields") }
        var text = ByteBuffer(capacity: 1 << 19)
        text.appendStatusLine(head.status)
        text.appendFields(head.headers, except: [])
        text.appendHeadEnd()
        var parser = ResponseHeadParser(limits: .generous)
        var again = ResponseHead()
        guard let length = try? parser.parse(text.readable, into: &again), length == text.count else {
            return note(broken: "what came over HTTP/2 is no response in HTTP/1")
        }
        var kept = 0
        for index in 0..<head.headers.count where !head.headers[index].isHopByHop { kept += 1 }
        if again.headers.count != kept { note(broken: "\(kept) fields became \(again.headers.count)") }
    }

    private mutating func note(broken promise: String) { hearing.broken = hearing.broken ?? promise }
}

/// Trailers go out as lines behind a last chunk: none may break out of its line, frame or route anything.
func brokenAsTrailers(_ trailers: borrowing HeaderBlock) -> String? {
    for index in 0..<trailers.count {
        guard FieldSyntax.isName(trailers.name(index)), FieldSyntax.isValue(trailers.value(index)) else {
            return "a trailer that is no field"
        }
        if BodyFraming.fields.contains(trailers[index].id) { return "a trailer that frames" }
    }
    return nil
}
