/// Bytes that must never be printed: keys, certificates, password files. Descriptions, dumps and mirrors show
/// their number alone.
///
/// Copies share their bytes, and equality of shared bytes is one comparison of pointers.
public struct SealedBytes: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isEmpty: Bool { bytes.isEmpty }

    /// Looks at both ends alone: what is kept here is long, and the middle of two PEM texts differs seldom by itself.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.count)
        for byte in bytes.prefix(8) { hasher.combine(byte) }
        for byte in bytes.suffix(72).prefix(32) { hasher.combine(byte) }
    }
}

extension SealedBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<\(bytes.count) sealed bytes>" }
    public var debugDescription: String { description }
    public var customMirror: Swift.Mirror { Swift.Mirror(self, children: []) }
}
