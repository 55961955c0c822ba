import Bytes
import HTTP

/// The bytes of a test text; every scalar below 0x100 is one byte, so that "\u{80}" is the byte 0x80.
func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// What a parser saw in a request, as text: heads can't be copied into expectations.
struct SeenRequest: Equatable {
    var length = 0
    var method = Method.other
    var methodName = ""
    var version = Version.http11
    var target = "", originTarget = "", path = "", normalPath = "", isPathNormal = true
    var query: String?
    var host = "", hostName = "", port: Int?
    var keepsAlive = true, expectsContinue = false, acceptsTrailers = false
    var upgrade = RequestHead.Upgrade.none
    var fields: [String] = []
    /// Fields that go to the next hop.
    var forwarded: [String] = []

    init(_ head: borrowing RequestHead, length: Int) {
        self.length = length
        method = head.method
        methodName = head.methodBytes.text()
        version = head.version
        target = head.target.text()
        originTarget = head.originTarget.text()
        path = head.path.text()
        normalPath = head.normalPath.text()
        isPathNormal = head.isPathNormal
        query = head.hasQuery ? head.query.text() : nil
        host = head.host.text()
        hostName = head.hostName.text()
        port = head.port
        keepsAlive = head.keepsAlive
        expectsContinue = head.expectsContinue
        acceptsTrailers = head.acceptsTrailers
        upgrade = head.upgrade
        fields = head.headers.lines
        forwarded = head.headers.forwardedLines
    }
}

/// What a parser saw in a response.
struct SeenResponse: Equatable {
    var length: Int
    var version: Version
    var status: Status
    var reason: String
    var keepsAlive: Bool
    var fields: [String]

    init(_ head: borrowing ResponseHead, length: Int) {
        self.length = length
        version = head.version
        status = head.status
        reason = head.reason.text()
        keepsAlive = head.keepsAlive
        fields = head.headers.lines
    }
}

/// A request parsed as a whole, for tests that go on with the head.
func parsed(
    _ text: String, limits: HeadLimits = .request, underscores: UnderscorePolicy = .drop
) throws(HTTP1Error) -> RequestHead {
    var parser = RequestHeadParser(limits: limits, underscores: underscores)
    var head = RequestHead()
    guard try parser.parse(bytes(text).span, into: &head) != nil else { preconditionFailure("incomplete: \(text)") }
    return head
}

/// A request parsed as a whole.
func request(
    _ text: String, limits: HeadLimits = .request, underscores: UnderscorePolicy = .drop
) throws(HTTP1Error) -> SeenRequest {
    var parser = RequestHeadParser(limits: limits, underscores: underscores)
    var head = RequestHead()
    guard let length = try parser.parse(bytes(text).span, into: &head) else {
        preconditionFailure("incomplete: \(text)")
    }
    return SeenRequest(head, length: length)
}

/// A response parsed as a whole.
func response(_ text: String, limits: HeadLimits = .response) throws(HTTP1Error) -> SeenResponse {
    var parser = ResponseHeadParser(limits: limits)
    var head = ResponseHead()
    guard let length = try parser.parse(bytes(text).span, into: &head) else {
        preconditionFailure("incomplete: \(text)")
    }
    return SeenResponse(head, length: length)
}

extension HeaderBlock {
    /// All fields as text, for comparison.
    var lines: [String] { (0..<count).map { "\(name($0).text()): \(value($0).text())" } }

    /// The fields that go to the next hop, as text.
    var forwardedLines: [String] {
        (0..<count).filter { !self[$0].isHopByHop }.map { "\(name($0).text()): \(value($0).text())" }
    }
}

/// What `write` appends to a buffer.
func encoded(capacity: Int = 65536, _ write: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer(capacity: capacity)
    write(&buffer)
    return buffer.readable.text()
}
