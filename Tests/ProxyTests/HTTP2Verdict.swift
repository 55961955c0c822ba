import TestSupport
import Testing

/// What became of a connection after some frames.
enum HTTP2Verdict: Equatable, CustomStringConvertible {
    /// GOAWAY with this code; the connection ends.
    case connectionError(UInt32)
    /// RST_STREAM with this code; the connection goes on.
    case streamError(UInt32)
    /// The connection ended without a word.
    case closed
    /// Nothing was wrong.
    case goesOn

    var description: String {
        switch self {
        case .connectionError(let code): "connection error \(code)"
        case .streamError(let code): "stream error \(code)"
        case .closed: "closed"
        case .goesOn: "goes on"
        }
    }
}

/// One rule of a specification: bytes that a client sends after its preface and settings, and what must follow.
struct HTTP2Case: Sendable, CustomTestStringConvertible {
    /// Section and rule.
    let rule: String
    let expected: [HTTP2Verdict]
    /// Everything that the client says; nil for the usual beginning.
    let opening: [UInt8]?
    let bytes: @Sendable () -> [UInt8]

    init(
        _ rule: String, _ expected: HTTP2Verdict..., opening: [UInt8]? = nil, bytes: @escaping @Sendable () -> [UInt8]
    ) {
        self.rule = rule
        self.expected = expected
        self.opening = opening
        self.bytes = bytes
    }

    init(_ rule: String, _ expected: HTTP2Verdict..., frames: HTTP2Frame...) {
        self.rule = rule
        self.expected = expected
        opening = nil
        bytes = { frames.flatMap(\.encoded) }
    }

    var testDescription: String { rule }

    /// The fields of a request that waits at its origin, with more behind them.
    static func request(_ more: (String, String)..., path: String = "/hold") -> [Message.Field] {
        ([(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "shop.example")] + more).asFields
    }

    /// A request that waits at its origin, on stream 1, with its end or without.
    static func open(ends: Bool) -> HTTP2Frame { .headers(1, request(), endStream: ends) }

    /// A HEADERS frame with exactly these fields.
    static func head(_ fields: (String, String)...) -> HTTP2Frame { .headers(1, fields.asFields, endStream: true) }
}

/// An origin that holds requests for `/hold` back, behind a proxy that is asked about frames.
final class HTTP2Examiner {
    private let gate = Gate()
    private let origin: ScriptedOrigin
    private let rig: ProxyRig

    init() throws {
        let gate = gate
        origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/hold" { try gate.wait() }
                try connection.respond()
            }
        }
        rig = try ProxyRig(Given.model(origin), http2: true)
    }

    deinit { gate.open() }

    func verdict(on given: HTTP2Case) throws -> HTTP2Verdict {
        let client = HTTP2Peer(try Wire(toPort: rig.port))
        try client.wire.send((given.opening ?? HTTP2Frame.preface + HTTP2Frame.settings().encoded) + given.bytes())
        do {
            // Two rounds: whatever the frames caused is said before the second answer.
            for round in UInt8(1)...2 {
                try client.wire.send(HTTP2Frame.ping([UInt8](repeating: round, count: 8)).encoded)
                while let frame = try client.frame() {
                    if frame.kind == HTTP2Frame.Kind.ping, frame.payload.first == round { break }
                    if frame.kind == HTTP2Frame.Kind.goAway {
                        return .connectionError(HTTP2Frame.word(frame.payload[4...]))
                    }
                }
            }
        } catch WireFault.reset {
            return .closed
        } catch WireFault.ended {
            return .closed
        }
        if let reset = client.frames.first(where: { $0.kind == HTTP2Frame.Kind.reset }) {
            return .streamError(HTTP2Frame.word(reset.payload))
        }
        return client.frames.contains { $0.kind == HTTP2Frame.Kind.ping && $0.payload.first == 2 } ? .goesOn : .closed
    }
}
