import Glibc

/// Bytes kept together and named by ranges: the storage behind a message head, a normalised path, edits.
///
/// Appending may move the storage, ranges stay valid. Cleared and used again without allocation; a
/// storage that once had to grow past `keptCapacity` shrinks back when it is cleared, so that one
/// large message doesn't hold memory for ever.
@safe
public struct ByteStorage: ~Copyable {
    /// Bytes of storage that survive `clear()`.
    public static let keptCapacity = 64 << 10

    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    /// Bytes of storage.
    public private(set) var capacity: Int
    /// Bytes in use.
    public private(set) var count = 0

    /// - Parameter capacity: bytes to begin with; at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0, "a storage holds at least one byte")
        base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { base.deallocate() }

    /// All bytes in use.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self) get {
            let span = Span(_unsafeStart: base, count: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes of a range that lies within those in use.
    @_lifetime(borrow self)
    public func bytes(in range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the bytes in use")
        let span = Span(_unsafeStart: base + range.lowerBound, count: range.upperBound &- range.lowerBound)
        return _overrideLifetime(span, borrowing: self)
    }

    /// One byte in use.
    public subscript(offset: Int) -> UInt8 {
        get {
            precondition(offset >= 0 && offset < count, "offset outside the bytes in use")
            return base[offset]
        }
        set {
            precondition(offset >= 0 && offset < count, "offset outside the bytes in use")
            base[offset] = newValue
        }
    }

    /// Forgets everything.
    public mutating func clear() {
        count = 0
        if capacity > Self.keptCapacity { reallocate(to: Self.keptCapacity) }
    }

    /// Drops bytes from the end, so that `count` remain.
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncating to more than is in use")
        self.count = count
    }

    /// Makes sure that `bytes` more can be appended without growing.
    public mutating func reserve(_ bytes: Int) {
        if bytes > capacity &- count { reallocate(to: max(count + bytes, capacity * 2)) }
    }

    /// Appends `bytes`.
    public mutating func append(_ bytes: Span<UInt8>) {
        let added = bytes.count
        reserve(added)
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { memcpy(base + count, start, added) }
        }
        count += added
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    /// Appends the bytes of a literal.
    public mutating func append(_ literal: StaticString) {
        let added = literal.utf8CodeUnitCount
        reserve(added)
        memcpy(base + count, literal.utf8Start, added)
        count += added
    }

    /// Appends a copy of bytes that are in use already.
    public mutating func append(copyOf range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside the bytes in use")
        reserve(range.count)
        memcpy(base + count, base + range.lowerBound, range.count)
        count += range.count
    }

    private mutating func reallocate(to newCapacity: Int) {
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        memcpy(grown, base, count)
        base.deallocate()
        base = grown
        capacity = newCapacity
    }
}
