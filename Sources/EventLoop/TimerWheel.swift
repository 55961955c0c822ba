import Linux

/// Deadlines by coarse ticks.
///
/// Deadlines of connections move with every request but rarely pass, so moving one later costs
/// nothing: the entry stays where it is, and when its tick comes the handler's true deadline is
/// looked at again. A deadline is met at the end of its tick, never before its time.
///
/// The entries of all ticks lie in one array, each leading to the next of its tick, and places that became free are
/// used again: once it has held as many entries as a load makes, the wheel allocates nothing.
struct TimerWheel {
    /// Length of a tick in nanoseconds.
    static let tick: UInt64 = 50_000_000
    private static let size = 1024
    /// Stands for no place.
    private static let none: Int32 = -1

    private struct Entry {
        var id: SlotID
        /// The place of the next entry of the same tick, or the next free place.
        var next: Int32
    }

    /// The entries of one tick, in the order in which they came.
    private struct Bucket {
        var first = TimerWheel.none
        var last = TimerWheel.none
    }

    private var buckets = ContiguousArray<Bucket>(repeating: Bucket(), count: size)
    private var entries: ContiguousArray<Entry> = []
    private var free = TimerWheel.none
    /// The last tick that was fired.
    private var current: UInt64
    /// Entries, stale ones included.
    private(set) var count = 0
    /// No entry fires before this tick.
    private var earliest = UInt64.max

    init(now: Instant) { current = now.nanoseconds / Self.tick }

    /// Places for entries, used or free.
    var capacity: Int { entries.count }

    /// The tick whose end is at or after `deadline`, within the wheel's reach.
    func tick(for deadline: Instant) -> UInt64 {
        let wanted = deadline.nanoseconds / Self.tick &+ 1
        return min(max(wanted, current + 1), current + UInt64(Self.size) - 1)
    }

    mutating func insert(_ id: SlotID, at tick: UInt64) {
        append(takePlace(for: id), to: Self.bucket(of: tick))
        count += 1
        earliest = min(earliest, tick)
    }

    /// When the next entry is due; nil when there is none.
    var nextDeadline: Instant? {
        count == 0 ? nil : Instant(nanoseconds: earliest * Self.tick)
    }

    /// Moves the entries of every tick up to `now` into `due`.
    mutating func advance(to now: Instant, due: inout ContiguousArray<(SlotID, tick: UInt64)>) {
        let target = now.nanoseconds / Self.tick
        guard target >= earliest else {
            current = max(current, target)
            return
        }
        current = max(current, earliest - 1)
        while current < target && count > 0 {
            current += 1
            take(current, into: &due)
        }
        current = target
        earliest = nextOccupied(after: current)
    }

    /// Whether `isDue` holds for an entry of the next tick.
    func nextTickHolds(_ isDue: (SlotID, _ tick: UInt64) -> Bool) -> Bool {
        guard count > 0 else { return false }
        var place = buckets[Self.bucket(of: earliest)].first
        while place != Self.none {
            let entry = entries[Int(place)]
            if isDue(entry.id, earliest) { return true }
            place = entry.next
        }
        return false
    }

    /// Moves the entries of the next tick into `taken` before its time.
    mutating func takeNextTick(into taken: inout ContiguousArray<(SlotID, tick: UInt64)>) {
        guard count > 0 else { return }
        take(earliest, into: &taken)
        earliest = nextOccupied(after: earliest)
    }

    private mutating func take(_ tick: UInt64, into taken: inout ContiguousArray<(SlotID, tick: UInt64)>) {
        var place = takeBucket(Self.bucket(of: tick)).first
        while place != Self.none {
            let entry = entries[Int(place)]
            taken.append((entry.id, tick))
            giveBack(place)
            place = entry.next
        }
    }

    /// Drops the entries of which `isStale` holds, given with the tick that they wait for.
    mutating func remove(where isStale: (SlotID, _ tick: UInt64) -> Bool) {
        for offset in 1..<UInt64(Self.size) {
            let tick = current + offset
            let index = Self.bucket(of: tick)
            var place = takeBucket(index).first
            while place != Self.none {
                let entry = entries[Int(place)]
                if isStale(entry.id, tick) { giveBack(place) } else { append(place, to: index) }
                place = entry.next
            }
        }
        earliest = nextOccupied(after: current)
    }

    // MARK: Places

    private static func bucket(of tick: UInt64) -> Int { Int(tick % UInt64(size)) }

    private mutating func takePlace(for id: SlotID) -> Int32 {
        guard free != Self.none else {
            entries.append(Entry(id: id, next: Self.none))
            return Int32(entries.count - 1)
        }
        let place = free
        free = entries[Int(place)].next
        entries[Int(place)].id = id
        return place
    }

    private mutating func giveBack(_ place: Int32) {
        entries[Int(place)].next = free
        free = place
        count -= 1
    }

    private mutating func append(_ place: Int32, to index: Int) {
        entries[Int(place)].next = Self.none
        let last = buckets[index].last
        if last == Self.none { buckets[index].first = place } else { entries[Int(last)].next = place }
        buckets[index].last = place
    }

    private mutating func takeBucket(_ index: Int) -> Bucket {
        let bucket = buckets[index]
        buckets[index] = Bucket()
        return bucket
    }

    private func nextOccupied(after last: UInt64) -> UInt64 {
        guard count > 0 else { return .max }
        var tick = last + 1
        while buckets[Self.bucket(of: tick)].first == Self.none { tick += 1 }
        return tick
    }
}
