/// A value of a database.
public enum GeoValue: Sendable, Equatable {
    /// Nothing is known, or what is there makes no sense.
    case none
    /// UTF-8, by its place in the data; at most `GeoReader.longestText` bytes.
    case text(Range<Int>)
    case unsigned(UInt64)
    case signed(Int32)
    case fraction(Double)
    case flag(Bool)
}

/// The way to a value within a record.
public struct GeoPath: Sendable {
    enum Step: Sendable {
        case key([UInt8])
        case place(Int)
    }

    let steps: [Step]

    /// - Parameter steps: keys of maps; digits are places in arrays.
    public init(_ steps: [String]) {
        self.steps = steps.map { step in Int(step).map { .place($0) } ?? .key(Array(step.utf8)) }
    }
}

/// Reads values of MaxMind's format, version 2 (https://maxmind.github.io/MaxMind-DB/): heads of a type and a size, with what
/// they hold behind them.
///
/// Whatever the bytes say, a look stays within them, ends after `stepLimit` values and goes `depthLimit` deep: libmaxminddb
/// recurses as deep as a file makes it, so it finds records and what they hold is read here.
enum GeoReader {
    /// Values that one look passes; records of real databases hold some hundred.
    static let stepLimit = 4096
    /// Real records are five deep.
    static let depthLimit = 16
    /// No name is longer.
    static let longestText = 1024

    private enum Kind {
        case pointer, text, fraction, bytes, unsigned, signed, map, array, flag, float
    }

    /// The head of a value.
    private struct Head {
        var kind: Kind
        /// Bytes, pairs of a map or elements of an array; for a flag its value, for a pointer what it points to.
        var size: Int
        /// Where what it holds begins; for maps and arrays that is the first value within.
        var content: Int

        /// Where the next value begins, unless this one holds values.
        var end: Int {
            switch kind {
            case .pointer, .map, .array, .flag: content
            default: content + size
            }
        }
    }

    /// What stands at the end of a path.
    ///
    /// - Parameter start: where the record begins.
    static func value(in data: Span<UInt8>, at start: Int, _ path: GeoPath) -> GeoValue {
        var steps = stepLimit
        var place = start
        for step in path.steps {
            guard let container = target(in: data, at: place) else { return .none }
            let next =
                switch step {
                case .key(let key): find(key.span, in: data, container, &steps)
                case .place(let index): element(index, of: container, in: data, &steps)
                }
            guard let next else { return .none }
            place = next
        }
        guard let head = target(in: data, at: place) else { return .none }
        return value(head, in: data)
    }

    /// Where the value behind this one begins; nil when it doesn't end within `data`, is too deep or too long.
    static func end(ofValueAt start: Int, in data: Span<UInt8>, _ steps: inout Int) -> Int? {
        // Values still to come on each level.
        var left = InlineArray<16, Int>(repeating: 0)
        var depth = 0
        var place = start
        while true {
            steps -= 1
            guard steps >= 0, let head = head(in: data, at: place) else { return nil }
            place = head.end
            let within = head.kind == .map ? 2 * head.size : head.kind == .array ? head.size : 0
            if within > 0 {
                guard depth < depthLimit else { return nil }
                left[depth] = within
                depth += 1
                continue
            }
            while depth > 0 {
                left[depth - 1] -= 1
                if left[depth - 1] > 0 { break }
                depth -= 1
            }
            if depth == 0 { return place }
        }
    }

    private static func find(
        _ key: Span<UInt8>, in data: Span<UInt8>, _ map: Head, _ steps: inout Int
    ) -> Int? {
        guard map.kind == .map else { return nil }
        var place = map.content
        for _ in 0..<map.size {
            steps -= 1
            guard steps >= 0, let own = head(in: data, at: place), let name = target(in: data, at: place),
                name.kind == .text
            else { return nil }
            if equal(data.extracting(name.content..<name.end), key) { return own.end }
            guard let next = end(ofValueAt: own.end, in: data, &steps) else { return nil }
            place = next
        }
        return nil
    }

    private static func element(_ index: Int, of array: Head, in data: Span<UInt8>, _ steps: inout Int) -> Int? {
        guard array.kind == .array, index < array.size else { return nil }
        var place = array.content
        for _ in 0..<index {
            guard let next = end(ofValueAt: place, in: data, &steps) else { return nil }
            place = next
        }
        return place
    }

    /// The head of the value at a place, or of the one that it points to. Pointers to pointers are not allowed.
    private static func target(in data: Span<UInt8>, at place: Int) -> Head? {
        guard let head = head(in: data, at: place) else { return nil }
        guard head.kind == .pointer else { return head }
        guard let target = self.head(in: data, at: head.size), target.kind != .pointer else { return nil }
        return target
    }

    private static func head(in data: Span<UInt8>, at start: Int) -> Head? {
        guard start >= 0, start < data.count else { return nil }
        let control = Int(data[start])
        var place = start + 1
        var type = control >> 5
        if type == 1 { return pointer(control, in: data, at: place) }
        if type == 0 {
            guard place < data.count else { return nil }
            type = Int(data[place]) + 7
            place += 1
        }
        var size = control & 31
        if size > 28 {
            guard let more = number(in: data, at: place, count: size - 28) else { return nil }
            place += size - 28
            size = more + (size == 29 ? 29 : size == 30 ? 285 : 65_821)
        }
        guard let kind = kind(type, size) else { return nil }
        let head = Head(kind: kind, size: size, content: place)
        return head.end <= data.count ? head : nil
    }

    /// The kind of a type's number, where the size is one that it may have.
    private static func kind(_ type: Int, _ size: Int) -> Kind? {
        switch type {
        case 2: .text
        case 3: size == 8 ? .fraction : nil
        case 4: .bytes
        case 5: size <= 2 ? .unsigned : nil
        case 6: size <= 4 ? .unsigned : nil
        case 7: .map
        case 8: size <= 4 ? .signed : nil
        case 9: size <= 8 ? .unsigned : nil
        // Numbers of 128 bits are in no edition; they are passed over as bytes.
        case 10: size <= 16 ? .bytes : nil
        case 11: .array
        case 14: size <= 1 ? .flag : nil
        case 15: size == 4 ? .float : nil
        default: nil
        }
    }

    /// A pointer: two bits say how many bytes belong to it, three are its highest but for the longest.
    private static func pointer(_ control: Int, in data: Span<UInt8>, at place: Int) -> Head? {
        let count = (control >> 3 & 3) + 1
        guard let low = number(in: data, at: place, count: count) else { return nil }
        let high = control & 7
        let target =
            switch count {
            case 1: high << 8 | low
            case 2: (high << 16 | low) + 2048
            case 3: (high << 24 | low) + 526_336
            default: low
            }
        return Head(kind: .pointer, size: target, content: place + count)
    }

    private static func value(_ head: Head, in data: Span<UInt8>) -> GeoValue {
        switch head.kind {
        case .text: return head.size <= longestText ? .text(head.content..<head.end) : .none
        case .flag: return .flag(head.size == 1)
        case .unsigned: return .unsigned(bits(head, in: data))
        case .signed: return .signed(Int32(truncatingIfNeeded: bits(head, in: data)))
        case .fraction: return known(Double(bitPattern: bits(head, in: data)))
        case .float: return known(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits(head, in: data)))))
        case .pointer, .bytes, .map, .array: return .none
        }
    }

    private static func known(_ value: Double) -> GeoValue { value.isFinite ? .fraction(value) : .none }

    private static func bits(_ head: Head, in data: Span<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for index in head.content..<head.end { value = value << 8 | UInt64(data[index]) }
        return value
    }

    /// A number of up to four bytes, the highest first.
    private static func number(in data: Span<UInt8>, at place: Int, count: Int) -> Int? {
        guard place + count <= data.count else { return nil }
        var value = 0
        for index in place..<place + count { value = value << 8 | Int(data[index]) }
        return value
    }

    private static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
