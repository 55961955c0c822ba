public import Bytes

/// The header of the PROXY protocol, versions 1 and 2: what a balancer in front says of the connection that it passes
/// on (haproxy.org, `proxy-protocol.txt`). It stands before everything else, TLS included.
public struct ProxyHeader: Sendable, Equatable {
    /// One end of the connection in front.
    public struct End: Sendable, Equatable {
        public var address: ClientAddress
        public var port: UInt16

        public init(address: ClientAddress, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    /// Why what a connection begins with is no PROXY header.
    public enum Fault: Error, Sendable, Equatable {
        /// The bytes are no header, so they come from somebody who must not connect here.
        case malformed
        /// Longer than `longest`.
        case tooLong
    }

    /// Bytes of the header itself.
    public var length: Int
    /// The client; nil when the balancer speaks for itself (health checks) or says that it does not know.
    public var source: End?
    /// What the client connected to; nil together with `source`.
    public var destination: End?

    /// Most bytes of a header, as nginx allows.
    public static let longest = 4096
    /// Most bytes of a header of version 1, its line end included.
    private static let longestLine = 107

    public init(length: Int, source: End? = nil, destination: End? = nil) {
        self.length = length
        self.source = source
        self.destination = destination
    }

    /// The header at the start of `bytes`; nil when it has not all arrived.
    public static func parse(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
        guard bytes.count > 0 else { return nil }
        return bytes[0] == UInt8(ascii: "P") ? try parseLine(bytes) : try parseBinary(bytes)
    }

    // MARK: Version 1

    private static func parseLine(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
        let present = min(bytes.count, longestLine)
        guard begins(bytes, with: "PROXY ") else { throw .malformed }
        guard let end = (0..<present).first(where: { bytes[$0] == .lineFeed }) else {
            if bytes.count >= longestLine { throw .tooLong }
            return nil
        }
        guard end >= 7, bytes[end - 1] == .carriageReturn else { throw .malformed }
        let words = self.words(bytes.extracting(6..<(end - 1)))
        let line = bytes.extracting(6..<(end - 1))
        guard let family = words.first else { throw .malformed }
        if line.extracting(family).equals("UNKNOWN") { return ProxyHeader(length: end + 1) }
        let isV4 = line.extracting(family).equals("TCP4")
        guard words.count == 5, isV4 || line.extracting(family).equals("TCP6"),
            let source = self.end(line, words[1], words[3], isV4), let target = self.end(line, words[2], words[4], isV4)
        else { throw .malformed }
        return ProxyHeader(length: end + 1, source: source, destination: target)
    }

    /// Whether `bytes`, as far as they have arrived, are the start of a header.
    private static func begins(_ bytes: Span<UInt8>, with literal: StaticString) -> Bool {
        let expected = literal.bytes
        for index in 0..<min(bytes.count, expected.count) where bytes[index] != expected[index] { return false }
        return true
    }

    /// The words of a line between single blanks; more than five are of no use.
    private static func words(_ line: Span<UInt8>) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start = 0
        for index in 0...line.count where index == line.count || line[index] == .space {
            words.append(start..<index)
            start = index + 1
            if words.count > 5 { break }
        }
        return words
    }

    private static func end(_ line: Span<UInt8>, _ address: Range<Int>, _ port: Range<Int>, _ isV4: Bool) -> End? {
        // An IPv4 address may be written as IPv6 (`::ffff:192.0.2.1`) where the other end has an IPv6 one.
        let text = line.extracting(address)
        guard let address = ClientAddress(text), isV4 == (text.firstIndex(of: .colon) == nil),
            let port = line.extracting(port).decimalValue, port <= 65535
        else { return nil }
        return End(address: address, port: UInt16(port))
    }

    // MARK: Version 2

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

    private static func parseBinary(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
        for index in 0..<min(bytes.count, 12) where bytes[index] != signature[index] { throw .malformed }
        guard bytes.count >= 16 else { return nil }
        guard bytes[12] >> 4 == 2, bytes[12] & 15 <= 1, bytes[13] >> 4 <= 3, bytes[13] & 15 <= 2 else {
            throw .malformed
        }
        let rest = Int(bytes[14]) << 8 | Int(bytes[15])
        guard 16 + rest <= longest else { throw .tooLong }
        guard bytes.count >= 16 + rest else { return nil }
        // LOCAL: the balancer's own connection. What else it says is to be ignored.
        if bytes[12] & 15 == 0 { return ProxyHeader(length: 16 + rest) }
        let block = bytes.extracting(16..<(16 + rest))
        switch bytes[13] {
        case 0x11:
            guard rest >= 12 else { throw .malformed }
            return ProxyHeader(
                length: 16 + rest,
                source: End(
                    address: ClientAddress(v4: UInt32(number(block, 0, 4))), port: UInt16(number(block, 8, 2))),
                destination: End(
                    address: ClientAddress(v4: UInt32(number(block, 4, 4))), port: UInt16(number(block, 10, 2))))
        case 0x21:
            guard rest >= 36 else { throw .malformed }
            return ProxyHeader(
                length: 16 + rest,
                source: End(
                    address: ClientAddress(high: number(block, 0, 8), low: number(block, 8, 8)),
                    port: UInt16(number(block, 32, 2))),
                destination: End(
                    address: ClientAddress(high: number(block, 16, 8), low: number(block, 24, 8)),
                    port: UInt16(number(block, 34, 2))))
        default:
            // Datagrams and sockets of a file system: no client of HTTP.
            return ProxyHeader(length: 16 + rest)
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ offset: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<(offset + count) { value = value << 8 | UInt64(bytes[index]) }
        return value
    }
}

extension ProxyHeader {
    /// Appends a header of version 1 for whom we pass a connection on to. Needs 107 bytes.
    public static func appendLine(source: End, destination: End, to buffer: inout ByteBuffer) {
        guard source.address.isV4 == destination.address.isV4 else { return buffer.append("PROXY UNKNOWN\r\n") }
        buffer.append(source.address.isV4 ? "PROXY TCP4 " : "PROXY TCP6 ")
        source.address.write(to: &buffer)
        buffer.append(.space)
        destination.address.write(to: &buffer)
        buffer.append(.space)
        buffer.append(decimal: Int(source.port))
        buffer.append(.space)
        buffer.append(decimal: Int(destination.port))
        buffer.append("\r\n")
    }

    /// Appends a header of version 2. Needs 52 bytes.
    public static func appendBinary(source: End, destination: End, to buffer: inout ByteBuffer) {
        for byte in signature { buffer.append(byte) }
        let isV4 = source.address.isV4 && destination.address.isV4
        buffer.append(0x21)
        buffer.append(isV4 ? 0x11 : 0x21)
        append(isV4 ? 12 : 36, 2, to: &buffer)
        for end in [source, destination] {
            if !isV4 { append(end.address.high, 8, to: &buffer) }
            append(end.address.low, isV4 ? 4 : 8, to: &buffer)
        }
        append(UInt64(source.port), 2, to: &buffer)
        append(UInt64(destination.port), 2, to: &buffer)
    }

    private static func append(_ value: UInt64, _ count: Int, to buffer: inout ByteBuffer) {
        for index in (0..<count).reversed() { buffer.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ literal: StaticString) -> Bool {
        let other = literal.bytes
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }
}
