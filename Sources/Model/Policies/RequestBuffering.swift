/// Whether a request body is read before the upstream is asked (`proxy-request-buffering`, `client-body-buffer-size`
/// in ingress-nginx).
public struct RequestBuffering: Sendable, Hashable {
    /// Whether a body is read before the upstream is asked.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// A body that has arrived whole with its head and fits into memory is kept until a response comes, so that it
        /// can be sent again; any other is passed on as it arrives.
        case automatic
        /// The whole body is read first: into memory, then into an unlinked temporary file.
        case whole = "on"
        /// The body is passed on as it arrives.
        case none = "off"
    }

    public var mode: Mode
    /// Bytes of a body that are kept in memory.
    public var memoryBytes: Int

    public init(mode: Mode = .automatic, memoryBytes: Int = 8 << 10) {
        self.mode = mode
        self.memoryBytes = memoryBytes
    }
}
