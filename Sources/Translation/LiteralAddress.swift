/// An IP address that was written as one: `10.0.0.7`, `2001:db8::7`.
///
/// IPv4 addresses in IPv6 clothes (`::ffff:10.0.0.7`) are the IPv4 address, so that equal destinations are equal values.
public struct LiteralAddress: Sendable, Hashable {
    /// 4 or 16 bytes in network order.
    public let bytes: [UInt8]

    /// Nil when `text` is no literal address. Zones (`fe80::1%eth0`) and octal or short IPv4 forms are not taken.
    public init?(_ text: some StringProtocol) {
        let text = Array(text.utf8)
        guard text.count <= 45,
            let bytes = text.contains(UInt8(ascii: ":")) ? Self.version6(text) : Self.version4(text[...])
        else { return nil }
        let mapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        self.bytes = mapped ? Array(bytes[12...]) : bytes
    }

    public var isVersion6: Bool { bytes.count == 16 }

    /// `127.0.0.0/8` and `::1`.
    public var isLoopback: Bool {
        isVersion6 ? bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1 : bytes[0] == 127
    }

    /// `0.0.0.0` and `::`, which connect to this machine.
    public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// `169.254.0.0/16` and `fe80::/10`: this network segment, metadata services of clouds among it.
    public var isLinkLocal: Bool {
        isVersion6 ? bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 : bytes[0] == 169 && bytes[1] == 254
    }

    private static func version4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            guard let byte = UInt8(exactly: part.reduce(0) { $0 * 10 + Int($1 - 0x30) }) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: [UInt8]) -> [UInt8]? {
        var head: [UInt8] = []
        var tail: [UInt8]?
        var index = 0
        if text.starts(with: [UInt8(ascii: ":"), UInt8(ascii: ":")]) {
            tail = []
            index = 2
        }
        while index < text.count {
            let end = text[index...].firstIndex(of: UInt8(ascii: ":")) ?? text.count
            let group = text[index..<end]
            if end == text.count, group.contains(UInt8(ascii: ".")) {
                guard let last = version4(group) else { return nil }
                if tail == nil { head += last } else { tail? += last }
                index = end
                break
            }
            guard (1...4).contains(group.count), let value = UInt16(String(decoding: group, as: UTF8.self), radix: 16),
                group.first != UInt8(ascii: "+")
            else { return nil }
            let pair = [UInt8(value >> 8), UInt8(value & 0xFF)]
            if tail == nil { head += pair } else { tail? += pair }
            index = end
            guard index < text.count else { break }
            index += 1
            if index == text.count { return nil }
            if text[index] == UInt8(ascii: ":") {
                guard tail == nil else { return nil }
                tail = []
                index += 1
            }
        }
        guard let tail else { return head.count == 16 ? head : nil }
        let gap = 16 - head.count - tail.count
        return gap >= 2 ? head + [UInt8](repeating: 0, count: gap) + tail : nil
    }
}
