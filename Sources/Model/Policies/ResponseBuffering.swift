/// Takes responses from the upstream faster than the client takes them, so that the upstream is free sooner
/// (`proxy-buffering: on` in ingress-nginx). Absent, a slow client slows the upstream down.
///
/// An upstream's `X-Accel-Buffering: yes` or `no` overrules it for one response.
public struct ResponseBuffering: Sendable, Hashable {
    /// Whether responses are buffered that do not say so themselves.
    public var isOn: Bool
    /// Bytes of a response that wait in memory (`proxy-buffers-number` times `proxy-buffer-size`).
    public var memoryBytes: Int
    /// Bytes that may wait in an unlinked temporary file; zero is none (`proxy-max-temp-file-size`).
    public var fileBytes: Int
    /// Largest response head of the route, where that is above the setting for all
    /// (`UpstreamSettings.responseHeadBytes`).
    public var headBytes: Int

    public init(
        isOn: Bool = false, memoryBytes: Int = 16 << 10, fileBytes: Int = 1 << 30, headBytes: Int = 4 << 10
    ) {
        self.isOn = isOn
        self.memoryBytes = memoryBytes
        self.fileBytes = fileBytes
        self.headBytes = headBytes
    }
}
