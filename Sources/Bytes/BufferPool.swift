/// A free list of equally sized buffers, so that connections that come and go reuse storage and
/// idle connections hold none. Belongs to one worker; not thread-safe.
///
/// At most `limit` buffers wait in the list; more are freed. Of those beyond `resting`, `trim` frees what nobody has
/// needed for a while, so that a busy hour is not remembered for ever and a steady load allocates nothing however many
/// buffers it has under way. `outstanding` is what the worker's memory budget is checked against.
@safe
public struct BufferPool: ~Copyable {
    /// Bytes of each buffer.
    public let bufferCapacity: Int
    /// Buffers taken and not yet given back; one that was enlarged counts as what it is as large as.
    public private(set) var outstanding = 0
    private var free: FreeList
    private var largeFree: FreeList

    /// An enlarged buffer is as large as so many others.
    private static let largeUnits = 4
    /// For one enlarged buffer that is kept there are so many others.
    private static let largeRarity = 8

    /// - Parameter resting: how many stay through every `trim`; all of them unless it is given.
    public init(bufferCapacity: Int, keepingAtMost limit: Int, resting: Int? = nil) {
        self.bufferCapacity = bufferCapacity
        free = FreeList(limit: limit, resting: resting ?? limit)
        largeFree = FreeList(limit: limit / Self.largeRarity, resting: (resting ?? limit) / Self.largeRarity)
    }

    /// Gives storage to a buffer that has none; does nothing for one that has.
    @inline(__always)
    public mutating func lend(to buffer: inout ByteBuffer) {
        if buffer.capacity == 0 { supply(&buffer) }
    }

    private mutating func supply(_ buffer: inout ByteBuffer) {
        outstanding += 1
        buffer.adopt(free.take() ?? .allocate(capacity: bufferCapacity), capacity: bufferCapacity)
    }

    /// Gives a buffer that was lent storage four times as large; what it holds stays, at its front.
    ///
    /// - Returns: false when its storage isn't the pool's usual one.
    public mutating func enlarge(_ buffer: inout ByteBuffer) -> Bool {
        guard buffer.capacity == bufferCapacity, !buffer.isEnlarged else { return false }
        let capacity = bufferCapacity * Self.largeUnits
        outstanding += Self.largeUnits - 1
        free.give(buffer.enlarge(into: largeFree.take() ?? .allocate(capacity: capacity), capacity: capacity))
        return true
    }

    /// Takes the storage of a buffer back and forgets its content; does nothing for one that has none.
    /// Storage that has grown in the meantime is freed.
    public mutating func takeBack(_ buffer: inout ByteBuffer) {
        guard buffer.capacity > 0 else { return }
        let isLarge = buffer.isEnlarged
        outstanding -= isLarge ? Self.largeUnits : 1
        if isLarge, buffer.capacity == bufferCapacity * Self.largeUnits {
            largeFree.give(buffer.relinquish())
        } else if !isLarge, buffer.capacity == bufferCapacity {
            free.give(buffer.relinquish())
        } else {
            buffer.release()
        }
    }

    /// How many buffers of the usual size wait to be lent.
    public var freeCount: Int { free.count }

    /// Frees half of what has waited unused since the last call, beyond what rests here. Call it every few seconds.
    public mutating func trim() {
        free.trim()
        largeFree.trim()
    }
}

/// Storage of one size that waits to be used again.
private struct FreeList: ~Copyable {
    private let limit: Int
    private let resting: Int
    /// Places for `limit` of them, the first `count` of which are taken.
    private let places: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>>
    private(set) var count = 0
    /// The fewest that have waited since the last `trim`: so many were of no use meanwhile.
    private var fewest = 0

    init(limit: Int, resting: Int) {
        self.limit = limit
        self.resting = resting
        places = .allocate(capacity: max(limit, 1))
    }

    deinit {
        for index in 0..<count { places[index].deallocate() }
        places.deallocate()
    }

    mutating func take() -> UnsafeMutablePointer<UInt8>? {
        guard count > 0 else { return nil }
        count -= 1
        fewest = min(fewest, count)
        return places[count]
    }

    mutating func give(_ storage: UnsafeMutablePointer<UInt8>) {
        guard count < limit else { return storage.deallocate() }
        places[count] = storage
        count += 1
    }

    mutating func trim() {
        let surplus = (max(0, fewest - resting) + 1) / 2
        for _ in 0..<surplus {
            count -= 1
            places[count].deallocate()
        }
        fewest = count
    }
}
