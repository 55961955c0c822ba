/// How large a message head may be. Lengths include line ends.
public struct HeadLimits: Sendable, Equatable {
    /// Bytes of the request line or status line; over it 414.
    public var startLineBytes: Int
    /// Bytes of one field line, at most 65,535; over it 431.
    public var fieldLineBytes: Int
    /// Bytes of all field lines with the empty line behind them; over it 431.
    public var totalFieldBytes: Int
    /// Field lines; over it 431.
    public var fieldCount: Int
    /// Bytes of a method; over it 501.
    public var methodBytes: Int

    public init(
        startLineBytes: Int = 8192, fieldLineBytes: Int = 8192, totalFieldBytes: Int = 32768, fieldCount: Int = 100,
        methodBytes: Int = 32
    ) {
        self.startLineBytes = startLineBytes
        self.fieldLineBytes = min(fieldLineBytes, Int(UInt16.max))
        self.totalFieldBytes = totalFieldBytes
        self.fieldCount = fieldCount
        self.methodBytes = methodBytes
    }

    /// What a client may send: ingress-nginx's buffers, fewer surprises.
    public static let request = HeadLimits()

    /// What an upstream may answer: any one line may fill the whole allowance (large cookies and tokens).
    public static let response = HeadLimits(fieldLineBytes: 32768, fieldCount: 256)

    /// What the most generous route allows an upstream.
    public static let largestResponse = HeadLimits(
        fieldLineBytes: 1 << 20, totalFieldBytes: 1 << 20, fieldCount: response.fieldCount)
}
