/// A set of known names, asked in one instruction or two.
public struct HeaderIDSet: Sendable, ExpressibleByArrayLiteral {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    public init() {}

    public init(arrayLiteral elements: HeaderID...) {
        for element in elements { insert(element) }
    }

    public func contains(_ id: HeaderID) -> Bool {
        let bit = UInt64(id.rawValue & 63)
        return (id.rawValue < 64 ? low : high) &>> bit & 1 == 1
    }

    public mutating func insert(_ id: HeaderID) {
        let bit: UInt64 = 1 &<< UInt64(id.rawValue & 63)
        if id.rawValue < 64 { low |= bit } else { high |= bit }
    }

    public mutating func remove(_ id: HeaderID) {
        let bit: UInt64 = 1 &<< UInt64(id.rawValue & 63)
        if id.rawValue < 64 { low &= ~bit } else { high &= ~bit }
    }

    public mutating func removeAll() {
        low = 0
        high = 0
    }

    /// Whether the two have a name in common.
    public func intersects(_ other: HeaderIDSet) -> Bool { low & other.low | high & other.high != 0 }

    public func union(_ other: HeaderIDSet) -> HeaderIDSet {
        var result = self
        result.low |= other.low
        result.high |= other.high
        return result
    }
}
