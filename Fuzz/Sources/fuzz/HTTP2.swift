import Bytes
import HTTP
import HTTP2

/// An HTTP/2 session hears the same requests however its bytes arrive, and a request that it lets through is one
/// request in HTTP/1, with the same fields, when it is written as that.
///
/// The input is what a client says after its preface.
func brokenHTTP2(_ bytes: [UInt8]) -> String? {
    let whole = heard([bytes])
    let middle = cut(of: bytes)
    let inTwo = heard([Array(bytes[..<middle]), Array(bytes[middle...])])
    if let broken = whole.broken ?? inTwo.broken { return broken }
    return whole.requests == inTwo.requests ? nil : "the requests depend on how the bytes are cut"
}

private func heard(_ pieces: [[UInt8]]) -> (requests: [String], broken: String?) {
    var conversation = Conversation()
    return conversation.hear(pieces)
}

/// A server that hears a client out.
private struct Conversation: ~Copyable {
    private let session: HTTP2Session
    private var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 8)
    private var output = ByteBuffer()
    private var requests: [String] = []
    private var broken: String?

    init() { session = HTTP2Session(.server, .init(), pool: HTTP2StreamPool(.server)) }

    mutating func hear(_ pieces: [[UInt8]]) -> (requests: [String], broken: String?) {
        receive(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        for piece in pieces where !piece.isEmpty { receive(piece) }
        session.recycleAll(&buffers)
        return (requests.sorted(), broken)
    }

    private mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span, now: 0, &buffers)
        while let (state, signals) = session.nextSignalled() {
            if signals.contains(.head) { take(state) }
            state.input.clear()
            session.consume(state)
            if signals.contains(.closed) { session.recycle(state, &buffers) }
        }
    }

    private mutating func take(_ state: HTTP2StreamState) {
        guard state.fault == nil else { return }
        requests.append("\(state.id)")
        if let fault = Self.fault(of: state.request) { broken = broken ?? fault }
    }

    /// What is wrong with a head that goes to an origin.
    private static func fault(of head: borrowing RequestHead) -> String? {
        if head.method == .connect { return nil }
        var text = ByteBuffer(capacity: 1 << 18)
        text.appendRequestLine(method: head.methodBytes, target: head.originTarget)
        text.appendFields(head.headers, except: [])
        text.appendHeadEnd()
        var parser = RequestHeadParser(
            limits: HeadLimits(
                startLineBytes: 1 << 17, fieldLineBytes: 65_535, totalFieldBytes: 1 << 17, fieldCount: 1000),
            underscores: .ignore)
        var again = RequestHead()
        guard let length = try? parser.parse(text.readable, into: &again), length == text.count else {
            return "what came over HTTP/2 is no request in HTTP/1"
        }
        var kept = 0
        for index in 0..<head.headers.count where !head.headers[index].isHopByHop { kept += 1 }
        if again.headers.count != kept { return "\(kept) fields became \(again.headers.count)" }
        return again.normalPath.equals(head.normalPath) ? nil : "the path changed on its way"
    }
}
