/// The name that a client asked for in its ClientHello (SNI, RFC 6066 section 3): in lower case, without a
/// trailing dot.
public struct ServerName: Sendable, Hashable {
    public let bytes: [UInt8]

    /// Longest host name, by RFC 1035.
    public static let longest = 253

    /// The name as it is compared; nil for what is no host name: empty, too long, or with bytes that no
    /// name has. A literal address is no server name either, but harms nobody: it matches no host.
    public init?(_ name: Span<UInt8>) {
        var count = name.count
        if count > 0 && name[count - 1] == UInt8(ascii: ".") { count -= 1 }
        guard count > 0, count <= Self.longest else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in 0..<count {
            guard let byte = Self.normal(name[index]) else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    private static func normal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"):
            byte
        default: nil
        }
    }

    /// The host name in a `server_name` extension; nil for none, or for anything but one well-formed list.
    init?(extension bytes: Span<UInt8>) {
        guard let range = ServerName.range(inExtension: bytes) else { return nil }
        self.init(bytes.extracting(range))
    }

    /// Where the host name stands in a `server_name` extension: a list with one entry of type 0.
    static func range(inExtension bytes: Span<UInt8>) -> Range<Int>? {
        guard bytes.count >= 5 else { return nil }
        let list = Int(bytes[0]) << 8 | Int(bytes[1])
        let name = Int(bytes[3]) << 8 | Int(bytes[4])
        guard list == bytes.count - 2, bytes[2] == 0, name > 0, name == list - 3 else { return nil }
        return 5..<(5 + name)
    }
}

extension ServerName: CustomStringConvertible {
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
