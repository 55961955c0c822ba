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

    /// Gives storage to a buffer that has none; does nothing for one that has.
    @inline(__always)
    public mutating func lend(to buffer: inout ByteBuffer) {
        if buffer.capacity == 0 { supply(&buffer) }
    }

    private mutating func supply(_ buffer: inout ByteBuffer) {
        outstanding += 1
        let storage = free.popLast() ?? .allocate(capacity: bufferCapacity)
        buffer.adopt(storage, capacity: bufferCapacity)
    }

    /// Takes the storage of a buffer back and forgets its content; does nothing for one that has none.
    /// Storage that has grown in the meantime is freed.
    public mutating func takeBack(_ buffer: inout ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        outstanding -= 1
        if buffer.capacity == bufferCapacity && free.count < limit {
            free.append(buffer.relinquish())
        } else {
            buffer.release()
        }
    }
}
