/// A set of known names, asked in one instruction or two.
public struct HeaderIDSet: Sendable, ExpressibleByArrayLiteral {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    public init() {}

    public init(arrayLiteral elements: HeaderID...) {
        for element in elements { insert(element) }
    }

    init(_ first: HeaderID, _ second: HeaderID) {
        insert(first)
        insert(second)
    }

    /// Whether the field is in the set.
    public func contains(_ id: HeaderID) -> Bool {
        (id.rawValue < 64 ? low : high) &>> Self.place(of: id) & 1 == 1
    }

    /// Adds a field.
    @inline(__always)
    public mutating func insert(_ id: HeaderID) {
        let bit: UInt64 = 1 &<< Self.place(of: id)
        let isHigh = 0 &- UInt64(id.rawValue &>> 6)
        low |= bit & ~isHigh
        high |= bit & isHigh
    }

    /// Takes a field away.
    public mutating func remove(_ id: HeaderID) {
        let bit: UInt64 = 1 &<< Self.place(of: id)
        if id.rawValue < 64 { low &= ~bit } else { high &= ~bit }
    }

    /// The bit of `id` in its word; ids are below 128.
    private static func place(of id: HeaderID) -> UInt64 { UInt64(id.rawValue & 63) }

    /// Leaves the set empty.
    public mutating func removeAll() {
        low = 0
        high = 0
    }

    /// Whether the two have a name in common.
    public func intersects(_ other: HeaderIDSet) -> Bool { low & other.low | high & other.high != 0 }

    /// The names that are here and not in `other`.
    public func subtracting(_ other: HeaderIDSet) -> HeaderIDSet {
        var result = self
        result.low &= ~other.low
        result.high &= ~other.high
        return result
    }

    /// The fields of both sets.
    public func union(_ other: HeaderIDSet) -> HeaderIDSet {
        var result = self
        result.low |= other.low
        result.high |= other.high
        return result
    }
}
