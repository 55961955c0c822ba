public import Bytes
public import Pattern

/// The memory that filters write into, reused from request to request so that none allocates. Each worker
/// owns one; what it holds is good until the next request is decided.
///
/// The buffers never grow: what does not fit is refused, so a request can't make a worker hold more.
public struct FilterScratch: ~Copyable {
    /// Longest `Location`, rewritten target or `Host`, in bytes. A path at the default limit of a request
    /// line fits even when each of its bytes is escaped.
    public static let capacity = 32 << 10

    /// The `Location` of a redirect.
    public var location = ByteBuffer(capacity: FilterScratch.capacity)
    /// The rewritten request-target; empty when the client's own goes upstream unchanged.
    public var target = ByteBuffer(capacity: FilterScratch.capacity)
    /// The `Host` that the upstream sees; empty when it is the client's.
    public var host = ByteBuffer(capacity: FilterScratch.capacity)
    /// Field lines of an answer of our own, each with its line end.
    public var fields = ByteBuffer(capacity: FilterScratch.capacity)
    /// The content of an answer of our own.
    public var body = ByteBuffer(capacity: FilterScratch.capacity)
    /// Whether the client's connection ends after the answer.
    public var closesConnection = false
    /// For patterns that are no route's, so that its groups stay.
    public var pattern = PatternScratch()

    /// For the edits of fields, which come when the answer is there.
    public var edits = EditScratch()

    /// An answer without content says `Content-Length: 0` though its status needs no length.
    public var declaresEmptyBody = false
    /// How long a verdict of `.delay` is for, in nanoseconds. Means nothing without it.
    public internal(set) var delay: UInt64 = 0
    /// What a verdict of `.verify` is about.
    var passwordCheck: PasswordCheck?
    /// Outlives requests.
    var passwords = PasswordCache()
    /// The client's proof was right, but too old.
    var nonceIsStale = false

    public init() {}

    /// Forgets what was written for the last request.
    public mutating func clear() {
        location.clear()
        target.clear()
        host.clear()
        fields.clear()
        body.clear()
        closesConnection = false
        declaresEmptyBody = false
        passwordCheck = nil
        nonceIsStale = false
    }
}
