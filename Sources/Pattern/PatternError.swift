/// Why a regular expression cannot be used.
public enum PatternError: Error, Equatable, CustomStringConvertible {
    /// The text exceeds `Pattern.longestText` bytes.
    case tooLong(bytes: Int)
    /// PCRE2 refuses the text; `offset` is the byte at which it noticed.
    case malformed(message: String, offset: Int)

    public var description: String {
        switch self {
        case .tooLong(let bytes): "the pattern has \(bytes) bytes; at most \(Pattern.longestText) are allowed"
        case .malformed(let message, let offset): "\(message) at offset \(offset)"
        }
    }
}
