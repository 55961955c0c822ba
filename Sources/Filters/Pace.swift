import Model

/// The pace at which a response's content goes out: what was sent so far against the time that has passed.
public struct Pace: Sendable, Equatable {
    private let bytesPerSecond: UInt64
    private let bytesBefore: UInt64

    init(_ policy: Bandwidth) {
        bytesPerSecond = UInt64(clamping: max(policy.bytesPerSecond, 1))
        bytesBefore = UInt64(clamping: policy.bytesBefore)
    }

    /// Bytes that may have been sent after so many nanoseconds.
    public func allowance(after nanoseconds: UInt64) -> Int {
        let product = bytesPerSecond.multipliedFullWidth(by: nanoseconds)
        guard product.high < 1_000_000_000 else { return .max }
        let earned = UInt64(1_000_000_000).dividingFullWidth(product).quotient
        return Int(clamping: earned.addingReportingOverflow(bytesBefore).overflow ? .max : earned + bytesBefore)
    }

    /// Nanoseconds until it is worth while to go on: a tenth of a second's bytes, at least one.
    public var pause: UInt64 { max(100_000_000, 1_000_000_000 / bytesPerSecond) }
}
