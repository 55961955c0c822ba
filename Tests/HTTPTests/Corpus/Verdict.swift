import Bytes
import HTTP
import Testing

/// The one thing that may be said about a message: what was understood, or why it was refused.
enum Verdict: Equatable, CustomStringConvertible {
    case accepted(String)
    case refused(HTTP1Error)
    /// All bytes are there and the message isn't complete.
    case unfinished

    var description: String {
        switch self {
        case .accepted(let summary): "accepted: \(summary)"
        case .refused(let error): "refused: \(error) \(error.status.rawValue)"
        case .unfinished: "unfinished"
        }
    }
}

/// A message of a corpus and what must become of it.
struct CorpusCase: CustomTestStringConvertible, Sendable {
    enum Expected: Sendable {
        case accept(String)
        case reject(HTTP1Error, Int)
        case unfinished
    }

    var name: String
    var text: String
    var expected: Expected

    init(_ name: String, _ text: String, accept summary: String) {
        self.init(name: name, text: text, expected: .accept(summary))
    }

    /// - Parameter error: the offset in it isn't compared; the status is written out as a second witness.
    init(_ name: String, _ text: String, reject error: HTTP1Error, _ status: Int) {
        self.init(name: name, text: text, expected: .reject(error, status))
    }

    init(name: String, text: String, expected: Expected) {
        self.name = name
        self.text = text
        self.expected = expected
    }

    var testDescription: String { name }

    /// Records an issue unless the verdict is the expected one.
    func check(_ verdict: Verdict, sourceLocation: SourceLocation = #_sourceLocation) {
        switch (expected, verdict) {
        case (.accept(let summary), .accepted(let seen)): #expect(seen == summary, sourceLocation: sourceLocation)
        case (.reject(let error, let status), .refused(let seen)):
            #expect(seen.reason.description == error.reason.description, sourceLocation: sourceLocation)
            #expect(Int(seen.status.rawValue) == status, sourceLocation: sourceLocation)
        case (.unfinished, .unfinished): break
        default: Issue.record("expected \(expected), got \(verdict)", sourceLocation: sourceLocation)
        }
    }
}

/// Feeds `message` in growing prefixes that end at `cuts` and then whole, until there is a verdict.
func verdict(
    of message: [UInt8], cutAt cuts: [Int], _ parse: (Span<UInt8>) throws(HTTP1Error) -> String?
) -> Verdict {
    do throws(HTTP1Error) {
        for cut in cuts + [message.count] {
            if let summary = try parse(message.span.extracting(first: cut)) { return .accepted(summary) }
        }
        return .unfinished
    } catch {
        return .refused(error)
    }
}

/// What a request parser makes of a message that arrives in pieces.
func requestVerdict(
    _ message: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits = .request,
    underscores: UnderscorePolicy = .drop
) -> Verdict {
    var parser = RequestHeadParser(limits: limits, underscores: underscores)
    var head = RequestHead()
    return verdict(of: message, cutAt: cuts) { bytes throws(HTTP1Error) in
        guard let length = try parser.parse(bytes, into: &head) else { return nil }
        let framing = try BodyFraming.request(head)
        let seen = SeenRequest(head, length: length)
        let fields = seen.fields.filter { $0 != "Host: \(seen.host)" }.map { " | " + $0 }.joined()
        return "\(seen.methodName) \(seen.originTarget) \(seen.normalPath) @\(seen.hostName) \(framing)\(fields)"
    }
}

/// What a response parser makes of a message that arrives in pieces.
func responseVerdict(
    _ message: [UInt8], cutAt cuts: [Int] = [], to method: Method = .get, limits: HeadLimits = .response
) -> Verdict {
    var parser = ResponseHeadParser(limits: limits)
    var head = ResponseHead()
    return verdict(of: message, cutAt: cuts) { bytes throws(HTTP1Error) in
        guard let length = try parser.parse(bytes, into: &head) else { return nil }
        let framing = try BodyFraming.response(head, to: method)
        let seen = SeenResponse(head, length: length)
        let fields = seen.fields.map { " | " + $0 }.joined()
        return "\(seen.status.rawValue) (\(seen.reason)) \(framing)\(fields)"
    }
}

/// What a chunked decoder makes of a body that arrives in pieces: the data, the trailers, and the bytes behind.
func chunkedVerdict(_ message: [UInt8], cutAt cuts: [Int] = [], limits: HeadLimits = .request) -> Verdict {
    var decoder = ChunkedDecoder(limits: limits)
    var trailers = HeaderBlock()
    var data = ""
    var consumed = 0
    return verdict(of: message, cutAt: cuts) { bytes throws(HTTP1Error) in
        while true {
            let offered = bytes.extracting(consumed..<bytes.count)
            switch try decoder.next(offered, trailers: &trailers) {
            case .data(let skip, let count):
                data += offered.extracting(skip..<skip + count).text()
                consumed += skip + count
            case .needMore(let count):
                consumed += count
                return nil
            case .end(let count):
                consumed += count
                let rest = bytes.count - consumed
                let fields = trailers.lines.map { " | " + $0 }.joined()
                return "\(data)\(fields)\(rest > 0 ? " +\(rest)" : "")"
            }
        }
    }
}

/// Ways to cut a message: at every byte at once, and in two at each byte (at some bytes, when it is long).
func everyCut(of count: Int) -> [[Int]] {
    let inTwo = stride(from: 0, to: count, by: count > 1500 ? 211 : 1).map { [$0] }
    return [Array(0..<count)] + inTwo
}
