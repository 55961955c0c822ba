import Bytes

/// The field lines of one message (or its trailers): flat bytes and a list of ranges over them.
///
/// Order and spelling are kept as they arrived. Whether a known name is present is one bit test;
/// finding it is a scan over 16-byte entries. Reused by `clear()` without allocation. What a peer can
/// put in is bounded by `HeadLimits`; edits by configuration.
///
/// Bytes of edited or removed fields stay in the storage until `clear()`.
public struct HeaderBlock: ~Copyable {
    var storage: ByteStorage
    var fields = PlainList<HeaderField>(capacity: 32)
    private(set) var present = HeaderIDSet()

    /// - Parameter capacity: bytes of storage to begin with.
    public init(capacity: Int = 2048) {
        storage = ByteStorage(capacity: capacity)
    }

    // MARK: Reading

    /// How many field lines.
    public var count: Int { fields.count }
    public var isEmpty: Bool { fields.isEmpty }

    public subscript(index: Int) -> HeaderField { fields[index] }

    /// The name of a field as it was spelt.
    @_lifetime(borrow self)
    public func name(_ index: Int) -> Span<UInt8> { storage.bytes(in: fields[index].name) }

    /// The value of a field without blanks at either end.
    @_lifetime(borrow self)
    public func value(_ index: Int) -> Span<UInt8> { storage.bytes(in: fields[index].value) }

    /// The bytes of a range that came from a field of this block.
    @_lifetime(borrow self)
    public func bytes(in range: Range<Int>) -> Span<UInt8> { storage.bytes(in: range) }

    /// Whether a field has this known name.
    public func contains(_ id: HeaderID) -> Bool { present.contains(id) }

    /// Whether a field has one of these known names.
    public func containsAny(of ids: HeaderIDSet) -> Bool { present.intersects(ids) }

    /// The first field at or after `start` with a known name. For all of a name, go on behind each.
    public func firstIndex(of id: HeaderID, from start: Int = 0) -> Int? {
        present.contains(id) ? find(id, from: start) : nil
    }

    private func find(_ id: HeaderID, from start: Int) -> Int? {
        var index = start
        while index < fields.count {
            if fields[index].id == id { return index }
            index &+= 1
        }
        return nil
    }

    /// The first field at or after `start` with this name, in any case.
    public func firstIndex(named name: Span<UInt8>, from start: Int = 0) -> Int? {
        let id = HeaderID(name: name)
        if id != .other { return firstIndex(of: id, from: start) }
        guard present.contains(.other) else { return nil }
        var index = start
        while index < fields.count {
            let field = fields[index]
            if field.id == .other, field.name.count == name.count,
                storage.bytes(in: field.name).equalsIgnoringCase(name)
            {
                return index
            }
            index &+= 1
        }
        return nil
    }

    // MARK: Editing

    /// Forgets all fields and bytes.
    public mutating func clear() {
        storage.clear()
        fields.truncate(to: 0)
        present.removeAll()
    }

    /// Forgets the fields of a head that ended before its end: their bytes never came into the storage.
    mutating func dropUnstored() {
        guard !fields.isEmpty, fields[fields.count - 1].value.upperBound > storage.count else { return }
        fields.truncate(to: 0)
        present.removeAll()
    }

    /// Appends a field with a known name in its canonical spelling.
    ///
    /// - Returns: false, and nothing is appended, when the value holds control bytes: they never leave.
    @discardableResult
    public mutating func append(_ id: HeaderID, value: Span<UInt8>) -> Bool {
        guard FieldSyntax.isValue(value) else { return false }
        let start = storage.count
        storage.append(id.canonical)
        finishField(id, from: start, value: value)
        return true
    }

    /// Appends a field with a known name in its canonical spelling and a literal value.
    public mutating func append(_ id: HeaderID, value: StaticString) {
        let start = storage.count
        storage.append(id.canonical)
        let nameEnd = storage.count
        storage.append(": ")
        let valueStart = storage.count
        storage.append(value)
        add(HeaderField(id: id, name: start..<nameEnd, value: valueStart..<storage.count))
        storage.append("\r\n")
    }

    /// Appends a field with a known name whose value is a copy of bytes of this block.
    public mutating func append(_ id: HeaderID, copying value: Range<Int>) {
        let start = storage.count
        storage.append(id.canonical)
        let nameEnd = storage.count
        storage.append(": ")
        let valueStart = storage.count
        storage.append(copyOf: value)
        add(HeaderField(id: id, name: start..<nameEnd, value: valueStart..<storage.count))
        storage.append("\r\n")
    }

    /// Appends a field.
    ///
    /// - Returns: false, and nothing is appended, when the name is no token or the value holds control bytes.
    @discardableResult
    public mutating func append(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        guard FieldSyntax.isName(name), FieldSyntax.isValue(value) else { return false }
        let start = storage.count
        storage.append(name)
        finishField(HeaderID(name: name), from: start, value: value)
        return true
    }

    /// Appends fields that are written as lines in wire form, each with its line end. What is no field is left out.
    public mutating func append(lines: Span<UInt8>) {
        var start = 0
        while start < lines.count {
            let end = lines.first(.carriageReturn, from: start, to: lines.count)
            let colon = lines.first(.colon, from: start, to: end)
            if colon < end {
                let value = lines.extracting(colon + 1..<end)
                append(name: lines.extracting(start..<colon), value: value.extracting(value.trimmed))
            }
            start = end + 2
        }
    }

    /// Makes `value` the only value of a known name: the first field of that name keeps its place, others go.
    ///
    /// - Returns: false, and nothing changes, when the value holds control bytes.
    @discardableResult
    public mutating func set(_ id: HeaderID, value: Span<UInt8>) -> Bool {
        guard FieldSyntax.isValue(value) else { return false }
        guard let index = firstIndex(of: id) else { return append(id, value: value) }
        replaceValue(at: index, with: value)
        removeAll(of: id, from: index + 1)
        return true
    }

    /// Makes `value` the only value of a name: the first field of that name keeps its place, others go.
    ///
    /// - Returns: false, and nothing changes, when the name is no token or the value holds control bytes.
    @discardableResult
    public mutating func set(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
        let id = HeaderID(name: name)
        if id != .other { return set(id, value: value) }
        guard FieldSyntax.isName(name), FieldSyntax.isValue(value) else { return false }
        guard let index = firstIndex(named: name) else { return append(name: name, value: value) }
        replaceValue(at: index, with: value)
        while let again = firstIndex(named: name, from: index + 1) { fields.remove(at: again) }
        return true
    }

    /// Gives one field another value.
    ///
    /// - Returns: false, and nothing changes, when the value holds control bytes.
    @discardableResult
    public mutating func setValue(at index: Int, _ value: Span<UInt8>) -> Bool {
        guard FieldSyntax.isValue(value) else { return false }
        replaceValue(at: index, with: value)
        return true
    }

    /// Removes all fields of a known name.
    public mutating func remove(_ id: HeaderID) {
        guard present.contains(id) else { return }
        removeAll(of: id, from: 0)
        present.remove(id)
    }

    /// Removes all fields with this name, in any case.
    public mutating func remove(named name: Span<UInt8>) {
        let id = HeaderID(name: name)
        if id != .other { return remove(id) }
        while let index = firstIndex(named: name) { fields.remove(at: index) }
    }

    /// Removes one field; those behind it move up.
    public mutating func remove(at index: Int) {
        let id = fields[index].id
        fields.remove(at: index)
        if id != .other, firstIndex(of: id) == nil { present.remove(id) }
    }

    /// Removes all fields of these known names and the hop-by-hop ones, in one pass.
    public mutating func drop(_ ids: HeaderIDSet) {
        var kept = 0
        present.removeAll()
        for index in 0..<fields.count {
            let field = fields[index]
            if ids.contains(field.id) || field.isHopByHop { continue }
            fields[kept] = field
            kept += 1
            present.insert(field.id)
        }
        fields.truncate(to: kept)
    }

    // MARK: For the parsers

    /// Adds a field whose bytes lie, or will lie, in the storage.
    mutating func add(_ field: HeaderField) {
        fields.append(field)
        present.insert(field.id)
    }

    private mutating func finishField(_ id: HeaderID, from start: Int, value: Span<UInt8>) {
        let nameEnd = storage.count
        storage.append(": ")
        let valueStart = storage.count
        storage.append(value)
        add(HeaderField(id: id, name: start..<nameEnd, value: valueStart..<storage.count))
        storage.append("\r\n")
    }

    private mutating func replaceValue(at index: Int, with value: Span<UInt8>) {
        let start = storage.count
        storage.append(value)
        fields[index].value = start..<storage.count
        fields[index].marks = []
    }

    private mutating func removeAll(of id: HeaderID, from start: Int) {
        var kept = start
        for index in start..<fields.count where fields[index].id != id {
            fields[kept] = fields[index]
            kept += 1
        }
        fields.truncate(to: kept)
    }
}

/// What may stand in a field (RFC 9110 §5.1, §5.5).
public enum FieldSyntax {
    /// A token of 1…65,535 bytes.
    public static func isName(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty, bytes.count <= Int(UInt16.max) else { return false }
        for index in 0..<bytes.count where !bytes[index].isToken { return false }
        return true
    }

    /// A token without an underscore.
    static func isOrdinaryName(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return false }
        for index in 0..<bytes.count where !bytes[index].isToken || bytes[index] == .underscore { return false }
        return true
    }

    /// No control bytes but tabs.
    public static func isValue(_ bytes: Span<UInt8>) -> Bool {
        var position = bytes.firstControl(from: 0, to: bytes.count)
        while position < bytes.count {
            guard bytes[position] == .tab else { return false }
            position = bytes.firstControl(from: position + 1, to: bytes.count)
        }
        return true
    }
}
