import Bytes
import Foundation

/// Sends every WebSocket message back to whoever sent it (RFC 6455), for trying out upgrades.
struct WebSocketEcho {
    /// What the bytes of a client amount to.
    enum Step: Equatable {
        /// More bytes are needed for the next frame.
        case needMore
        /// A frame of `consumed` bytes, answered by `reply`; after the last one the connection closes.
        case frame(consumed: Int, reply: [UInt8], isLast: Bool)
    }

    /// Largest payload of a frame.
    static let payloadLimit = 64 << 10

    private enum Opcode {
        static let close: UInt8 = 8
        static let ping: UInt8 = 9
        static let pong: UInt8 = 10
    }

    /// The value of `Sec-WebSocket-Accept` for a client's key (RFC 6455 §4.2.2).
    static func acceptValue(for key: String) -> String {
        Data(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    /// Reads the frame at the start of `bytes` (RFC 6455 §5.2).
    static func step(_ bytes: Span<UInt8>) -> Step {
        guard bytes.count >= 2 else { return .needMore }
        let opcode = bytes[0] & 0x0F
        let isMasked = bytes[1] & 0x80 != 0
        let isReserved = bytes[0] & 0x70 != 0 || (3...7).contains(opcode) || opcode > Opcode.pong
        let isControl = opcode >= Opcode.close
        let length = Int(bytes[1] & 0x7F)
        // Clients mask; control frames are short and whole (§5.1, §5.5).
        guard isMasked, !isReserved, !isControl || (length < 126 && bytes[0] & 0x80 != 0) else {
            return .frame(consumed: bytes.count, reply: closing(1002), isLast: true)
        }
        let extra = length == 126 ? 2 : length == 127 ? 8 : 0
        guard bytes.count >= 2 + extra + 4 else { return .needMore }
        var count: UInt64 = extra == 0 ? UInt64(length) : 0
        for index in 2..<2 + extra { count = count << 8 | UInt64(bytes[index]) }
        guard count <= UInt64(payloadLimit) else {
            return .frame(consumed: bytes.count, reply: closing(1009), isLast: true)
        }
        let start = 2 + extra + 4
        guard bytes.count >= start + Int(count) else { return .needMore }
        let payload = (0..<Int(count)).map { bytes[start + $0] ^ bytes[start - 4 + $0 % 4] }
        return answer(payload, first: bytes[0], consumed: start + payload.count)
    }

    private static func answer(_ payload: [UInt8], first: UInt8, consumed: Int) -> Step {
        switch first & 0x0F {
        case Opcode.close: .frame(consumed: consumed, reply: frame(first, payload), isLast: true)
        case Opcode.ping: .frame(consumed: consumed, reply: frame(0x80 | Opcode.pong, payload), isLast: false)
        case Opcode.pong: .frame(consumed: consumed, reply: [], isLast: false)
        default: .frame(consumed: consumed, reply: frame(first, payload), isLast: false)
        }
    }

    private static func closing(_ code: UInt16) -> [UInt8] {
        frame(0x80 | Opcode.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)])
    }

    /// An unmasked frame, as servers send them.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        if count < 126 { return [first, UInt8(count)] + payload }
        if count <= Int(UInt16.max) { return [first, 126, UInt8(count >> 8), UInt8(count & 0xFF)] + payload }
        return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) } + payload
    }
}
