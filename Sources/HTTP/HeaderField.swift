/// Where one field line lies in its block, and which known name it has. 16 bytes.
public struct HeaderField: BitwiseCopyable, Sendable {
    /// The known name, or `other`.
    public internal(set) var id: HeaderID
    var marks: Marks
    private var nameLength: UInt16
    private var nameStart: UInt32
    private var valueStart: UInt32
    private var valueLength: UInt32

    /// What was noticed about a field besides its name.
    struct Marks: OptionSet, BitwiseCopyable, Sendable {
        let rawValue: UInt8
        /// `Connection` nominates it (RFC 9110 §7.6.1).
        static let nominated = Marks(rawValue: 1)
        /// Tabs stand around the value: legal, but for framing fields a known way to hide them.
        static let tabPadded = Marks(rawValue: 2)
        /// The name contains `_`.
        static let underscored = Marks(rawValue: 4)
    }

    init(id: HeaderID, name: Range<Int>, value: Range<Int>, marks: Marks = []) {
        self.id = id
        self.marks = marks
        nameStart = UInt32(truncatingIfNeeded: name.lowerBound)
        nameLength = UInt16(truncatingIfNeeded: name.count)
        valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
        valueLength = UInt32(truncatingIfNeeded: value.count)
    }

    /// The name's bytes in the block.
    public var name: Range<Int> { Int(nameStart)..<Int(nameStart) &+ Int(nameLength) }

    /// The value's bytes in the block, without blanks at either end.
    public internal(set) var value: Range<Int> {
        get { Int(valueStart)..<Int(valueStart) &+ Int(valueLength) }
        set {
            valueStart = UInt32(truncatingIfNeeded: newValue.lowerBound)
            valueLength = UInt32(truncatingIfNeeded: newValue.count)
        }
    }

    /// The same field in bytes that lie `distance` further on.
    func shifted(by distance: Int) -> HeaderField {
        guard distance != 0 else { return self }
        var field = self
        field.nameStart = UInt32(truncatingIfNeeded: Int(nameStart) &+ distance)
        field.valueStart = UInt32(truncatingIfNeeded: Int(valueStart) &+ distance)
        return field
    }

    /// Means something to one connection only and is never forwarded: the fixed names of RFC 9110
    /// §7.6.1 and those that `Connection` nominated.
    public var isHopByHop: Bool { marks.contains(.nominated) || HopByHop.fields.contains(id) }

    /// Whether the bytes from name to value are exactly `name: value`, so that they can be copied as they are.
    var isPlain: Bool {
        Int(valueStart) == Int(nameStart) &+ Int(nameLength) &+ 2 && valueLength > 0 && !marks.contains(.tabPadded)
    }
}
