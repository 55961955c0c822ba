import Glibc

/// A window of readable bytes in storage of fixed capacity: what arrives is written at the end,
/// what has been handled is consumed from the front.
///
/// The one owner of raw memory on the request path; everything above works on `Span`s of it.
/// Invariant: `0 <= readerIndex <= writerIndex <= capacity`. A buffer may be without storage (capacity 0),
/// as those of idle connections are; `BufferPool` lends storage and takes it back.
///
/// Four words long: accessors that hand a buffer out keep it in a frame that is allocated if it is any longer.
@safe
public struct ByteBuffer: ~Copyable {
    /// Dangling, and never touched, while there is no storage.
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    /// Bytes of storage; 0 when there is none.
    @inlinable public private(set) var capacity: Int {
        @inline(__always) get { Int(truncatingIfNeeded: size) }
        set { size = UInt32(newValue) }
    }
    @usableFromInline var size: UInt32
    /// The pool has enlarged it.
    private(set) var isEnlarged = false
    /// Where the next unconsumed byte stands.
    public private(set) var readerIndex = 0
    /// Where the next byte will be written.
    public var writerIndex: Int { end }
    @usableFromInline var end = 0

    /// - Parameter capacity: bytes of storage; at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0, "a buffer holds at least one byte")
        base = .allocate(capacity: capacity)
        size = UInt32(capacity)
    }

    /// A buffer without storage.
    public init() {
        base = Self.noStorage
        size = 0
    }

    private static var noStorage: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped }

    deinit { if capacity > 0 { base.deallocate() } }

    /// Takes over storage that `relinquish` gave away. The buffer had none.
    mutating func adopt(_ storage: UnsafeMutablePointer<UInt8>, capacity: Int) {
        precondition(self.capacity == 0, "the buffer already has storage")
        base = storage
        self.capacity = capacity
    }

    /// Gives the storage away and is without afterwards. The buffer had storage.
    mutating func relinquish() -> UnsafeMutablePointer<UInt8> {
        precondition(capacity > 0, "the buffer has no storage to give")
        let storage = base
        base = Self.noStorage
        capacity = 0
        isEnlarged = false
        clear()
        return storage
    }

    /// Moves into larger storage of the pool's and gives its own away.
    mutating func enlarge(
        into storage: UnsafeMutablePointer<UInt8>, capacity newCapacity: Int
    ) -> UnsafeMutablePointer<UInt8> {
        precondition(newCapacity > capacity && capacity > 0, "nothing to enlarge")
        let former = base
        let count = self.count
        memcpy(storage, base + readerIndex, count)
        base = storage
        capacity = newCapacity
        readerIndex = 0
        end = count
        isEnlarged = true
        return former
    }

    /// Makes room for `newCapacity` bytes, the readable ones among them: by moving these to the front where the storage
    /// is large enough, else in a larger one. For the rare message that outgrows a pooled buffer.
    public mutating func grow(to newCapacity: Int) {
        guard newCapacity > capacity else { return compact() }
        let storage = UnsafeMutablePointer<UInt8>.allocate(capacity: newCapacity)
        let count = self.count
        memcpy(storage, base + readerIndex, count)
        if capacity > 0 { base.deallocate() }
        base = storage
        capacity = newCapacity
        readerIndex = 0
        end = count
    }

    /// Frees the storage.
    public mutating func release() {
        if capacity > 0 { relinquish().deallocate() }
    }

    /// Unconsumed bytes.
    public var count: Int { end - readerIndex }
    public var isEmpty: Bool { end == readerIndex }
    /// Bytes that can be written without moving anything.
    public var room: Int { capacity - end }

    /// The unconsumed bytes.
    public var readable: Span<UInt8> {
        @_lifetime(borrow self) get {
            let span = Span(_unsafeStart: base + readerIndex, count: end - readerIndex)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// A byte of the readable window, counted from its start.
    public subscript(offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "offset outside the readable bytes")
        return base[readerIndex + offset]
    }

    /// Drops `count` bytes from the front. An emptied buffer starts over at its beginning.
    public mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= self.count, "consuming more than is readable")
        readerIndex += count
        if readerIndex == end { clear() }
    }

    /// Forgets everything.
    public mutating func clear() {
        readerIndex = 0
        end = 0
    }

    /// Drops bytes from the end, so that `count` remain readable.
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncating to more than is readable")
        end = readerIndex + count
    }

    /// Moves the readable bytes to the front of the storage, to make room behind them.
    public mutating func compact() {
        guard readerIndex > 0 else { return }
        let count = self.count
        memmove(base, base + readerIndex, count)
        readerIndex = 0
        end = count
    }

    /// Appends `bytes`. The caller has checked `room`.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        let count = bytes.count
        precondition(count <= capacity &- end, "no room in the buffer")
        bytes.withUnsafeBufferPointer { source in
            if let start = source.baseAddress { (base + end).initialize(from: start, count: count) }
        }
        end += count
    }

    /// Appends one byte. The caller has checked `room`.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        precondition(end < capacity, "no room in the buffer")
        base[end] = byte
        end += 1
    }

    /// Appends the bytes of a literal. The caller has checked `room`.
    @inlinable @inline(__always)
    public mutating func append(_ literal: StaticString) {
        let count = literal.utf8CodeUnitCount
        precondition(count <= capacity &- end, "no room in the buffer")
        (base + end).initialize(from: literal.utf8Start, count: count)
        end += count
    }

    /// Appends a copy of another buffer's readable bytes.
    public mutating func append(contentsOf other: borrowing ByteBuffer) {
        append(other.readable)
    }

    /// Appends what stands at `range` of the readable bytes once more.
    public mutating func appendAgain(_ range: Range<Int>) {
        precondition(range.upperBound <= count && range.count <= room, "no such bytes, or no room for them")
        memcpy(base + end, base + readerIndex + range.lowerBound, range.count)
        end += range.count
    }

    /// Appends a copy of the first `count` readable bytes of another buffer.
    public mutating func append(first count: Int, of other: borrowing ByteBuffer) {
        append(other.readable.extracting(first: count))
    }

    /// Lets `fill` write into the free space; it returns how many bytes it wrote.
    ///
    /// For the floors that hand memory to the system; others use `append`.
    @unsafe @inlinable @inline(__always)
    public mutating func withUnsafeFreeSpace<Failure: Error>(
        _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        let written = try fill(UnsafeMutableRawBufferPointer(start: base + end, count: room))
        precondition(written >= 0 && written <= room, "wrote outside the buffer")
        end += written
        return written
    }

    /// Overwrites one readable byte.
    public mutating func replace(at offset: Int, with byte: UInt8) {
        precondition(offset >= 0 && offset < count, "offset outside the readable bytes")
        base[readerIndex + offset] = byte
    }
}
