public import Bytes
import CLinux
import Glibc

/// An IPv4 or IPv6 address, as bytes; an IPv4 address that arrives mapped into IPv6 is IPv4 here.
public struct IPAddress: Hashable, Sendable {
    /// The address in network order as two words; IPv4 is mapped (`::ffff:a.b.c.d`).
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(v4 word: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(word)) }

    public var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }
    public static let anyV4 = IPAddress(v4: 0)
    public static let anyV6 = IPAddress(high: 0, low: 0)
    public static let loopbackV4 = IPAddress(v4: 0x7F00_0001)

    /// `127.0.0.0/8` and `::1`.
    public var isLoopback: Bool { isV4 ? UInt32(truncatingIfNeeded: low) >> 24 == 127 : high == 0 && low == 1 }

    /// A literal address without brackets or zone; nil for anything else, names included.
    public init?(_ text: String) {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4: UInt32(bigEndian: v4.s_addr))
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self.init(v6)
    }

    init(_ v6: in6_addr) {
        let words = withUnsafeBytes(of: v6) { $0.loadUnaligned(as: (UInt64, UInt64).self) }
        self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
    }

    /// Appends the address in its usual text form. Needs room for up to 45 bytes.
    public func write(to buffer: inout ByteBuffer) {
        if isV4 {
            var shift: UInt64 = 32
            while shift > 0 {
                shift -= 8
                buffer.append(decimal: Int(low >> shift & 0xFF))
                if shift > 0 { buffer.append(.dot) }
            }
            return
        }
        var raw = rawV6
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { text in
            guard inet_ntop(AF_INET6, &raw, text.baseAddress, 46) != nil else { return }
            for character in text.prefix(while: { $0 != 0 }) { buffer.append(UInt8(bitPattern: character)) }
        }
    }

    var rawV6: in6_addr {
        var raw = in6_addr()
        withUnsafeMutableBytes(of: &raw) {
            $0.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return raw
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        var buffer = ByteBuffer(capacity: 64)
        write(to: &buffer)
        return buffer.readable.text()
    }
}

/// An address and a TCP port.
public struct SocketAddress: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Appends `127.0.0.1:80` or `[::1]:80`. Needs room for up to 53 bytes.
    public func write(to buffer: inout ByteBuffer) {
        if !address.isV4 { buffer.append(.leftBracket) }
        address.write(to: &buffer)
        if !address.isV4 { buffer.append(.rightBracket) }
        buffer.append(.colon)
        buffer.append(decimal: Int(port))
    }

    /// Calls `body` with the system's form; IPv4 addresses become `AF_INET` unless `asV6`.
    func withSystemForm<Result>(asV6: Bool = false, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        if address.isV4 && !asV6 {
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.low).bigEndian
            return withUnsafeBytes(of: &raw) {
                body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
            }
        }
        var raw = sockaddr_in6()
        raw.sin6_family = sa_family_t(AF_INET6)
        raw.sin6_port = port.bigEndian
        raw.sin6_addr = address.rawV6
        return withUnsafeBytes(of: &raw) {
            body($0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
        }
    }

    init?(_ storage: sockaddr_storage) {
        switch CInt(storage.ss_family) {
        case AF_INET:
            let raw = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in.self) }
            self.init(IPAddress(v4: UInt32(bigEndian: raw.sin_addr.s_addr)), port: UInt16(bigEndian: raw.sin_port))
        case AF_INET6:
            let raw = withUnsafeBytes(of: storage) { $0.load(as: sockaddr_in6.self) }
            self.init(IPAddress(raw.sin6_addr), port: UInt16(bigEndian: raw.sin6_port))
        default:
            return nil
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:80`, `[::1]:80`
    public var description: String { address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}
