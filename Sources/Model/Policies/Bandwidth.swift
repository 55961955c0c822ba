/// How fast a response's content goes out, for each response by itself.
public struct Bandwidth: Sendable, Hashable {
    /// At least 1.
    public var bytesPerSecond: Int
    /// So much of a response goes out as fast as it can.
    public var bytesBefore: Int

    public init(bytesPerSecond: Int, bytesBefore: Int = 0) {
        self.bytesPerSecond = bytesPerSecond
        self.bytesBefore = bytesBefore
    }
}
