/// The endpoints that a request has tried already, by their index in the upstream.
///
/// Fixed memory: a request makes at most `capacity` attempts, whatever its retry policy allows.
public struct TriedEndpoints: Sendable {
    /// Attempts that can be remembered.
    public static let capacity = 8

    private var indices = InlineArray<8, UInt32>(repeating: .max)
    /// How many have been tried.
    public private(set) var count = 0

    public init() {}

    /// Whether nothing was tried yet: the first attempt.
    public var isEmpty: Bool { count == 0 }
    /// Whether no further attempt can be remembered, and none may be made.
    public var isFull: Bool { count == Self.capacity }

    /// Remembers an attempt. One beyond the capacity is a broken invariant of the caller.
    public mutating func insert(_ index: Int) {
        precondition(count < Self.capacity, "more attempts than a request may make")
        indices[count] = UInt32(truncatingIfNeeded: index)
        count += 1
    }

    /// Whether the endpoint was tried already.
    public func contains(_ index: Int) -> Bool {
        for i in 0..<count where indices[i] == UInt32(truncatingIfNeeded: index) { return true }
        return false
    }
}
