/// What the tools need to know of a message head: where it ends and how long its body is.
///
/// Trusting by design. Origin, load and the proxies between them are ours; a head that breaks the rules shows as a
/// failed request, not as a diagnosis.
public struct Head {
    /// Bytes of the head, its empty line included.
    public let length: Int
    public let contentLength: Int
    public let isChunked: Bool
    public let isUpgrade: Bool
    public let closesConnection: Bool

    /// The head at the start of `bytes`, or nil when it has not all arrived.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var length = 0, contentLength = 0
        var isChunked = false, isUpgrade = false, closesConnection = false
        var lineStart = 0, index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\n") else {
                index += 1
                continue
            }
            let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart..<index])
            index += 1
            lineStart = index
            if line.count <= 1 {
                length = index
                break
            }
            switch line[0] | 0x20 {
            case UInt8(ascii: "c") where Self.isField("content-length:", line):
                contentLength = Self.number(in: line)
            case UInt8(ascii: "c") where Self.isField("connection: close", line):
                closesConnection = true
            case UInt8(ascii: "t") where Self.isField("transfer-encoding: chunked", line):
                isChunked = true
            case UInt8(ascii: "u") where Self.isField("upgrade:", line):
                isUpgrade = true
            default:
                break
            }
        }
        guard length > 0 else { return nil }
        self.length = length
        self.contentLength = contentLength
        self.isChunked = isChunked
        self.isUpgrade = isUpgrade
        self.closesConnection = closesConnection
    }

    private static func isField(_ start: StaticString, _ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count >= start.utf8CodeUnitCount else { return false }
        for index in 0..<start.utf8CodeUnitCount {
            let expected = start.utf8Start[index]
            let isLetter = expected >= UInt8(ascii: "a") && expected <= UInt8(ascii: "z")
            guard (isLetter ? line[index] | 0x20 : line[index]) == expected else { return false }
        }
        return true
    }

    private static func number(in line: UnsafeRawBufferPointer) -> Int {
        var number = 0
        for byte in line where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
