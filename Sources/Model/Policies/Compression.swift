/// Which responses of a route are compressed for clients that take gzip (RFC 9110 §8.4.1.3), and how much.
public struct Compression: Sendable, Hashable {
    /// From 1, the fastest, to 9, the smallest.
    public var level: Int
    /// Responses that are known to be shorter stay as they are.
    public var minimumBytes: Int
    /// Types without parameters, in lower case; `*` is every one.
    public var mediaTypes: [String]

    public init(level: Int, minimumBytes: Int, mediaTypes: [String]) {
        self.level = level
        self.minimumBytes = minimumBytes
        self.mediaTypes = mediaTypes
    }
}

extension Compression: CustomStringConvertible {
    public var description: String {
        "level \(level), from \(minimumBytes) bytes, \(mediaTypes.joined(separator: " "))"
    }
}
