/// A free list of equally sized buffers, so that connections that come and go reuse storage and
/// idle connections hold none. Belongs to one worker; not thread-safe.
///
/// At most `limit` buffers wait in the list; more are freed. `outstanding` is what the worker's
/// memory budget is checked against.
@safe
public struct BufferPool: ~Copyable {
    /// Bytes of each buffer.
    public let bufferCapacity: Int
    /// Buffers taken and not yet given back.
    public private(set) var outstanding = 0
    private let limit: Int
    private var free: ContiguousArray<UnsafeMutablePointer<UInt8>> = []

    public init(bufferCapacity: Int, keepingAtMost limit: Int) {
        self.bufferCapacity = bufferCapacity
        self.limit = limit
        free.reserveCapacity(limit)
    }

    deinit {
        for storage in free { storage.deallocate() }
    }

    /// An empty buffer.
    public mutating func take() -> ByteBuffer {
        outstanding += 1
        guard let storage = free.popLast() else { return ByteBuffer(capacity: bufferCapacity) }
        return ByteBuffer(adopting: storage, capacity: bufferCapacity)
    }

    /// Takes back a buffer that came from here; its content is forgotten.
    public mutating func give(_ buffer: consuming ByteBuffer) {
        precondition(buffer.capacity == bufferCapacity, "a buffer goes back to the pool that it came from")
        outstanding -= 1
        if free.count < limit { free.append(buffer.relinquish()) }
    }
}
