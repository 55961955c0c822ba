import Linux

/// Deadlines by coarse ticks.
///
/// Deadlines of connections move with every request but rarely pass, so moving one later costs
/// nothing: the entry stays where it is, and when its tick comes the handler's true deadline is
/// looked at again. A deadline is met at the end of its tick, never before its time.
struct TimerWheel {
    /// Length of a tick in nanoseconds.
    static let tick: UInt64 = 50_000_000
    private static let size = 1024

    private var buckets = ContiguousArray<ContiguousArray<SlotID>>(repeating: [], count: size)
    /// The last tick that was fired.
    private var current: UInt64
    /// Entries, stale ones included.
    private(set) var count = 0
    /// No entry fires before this tick.
    private var earliest = UInt64.max

    init(now: Instant) { current = now.nanoseconds / Self.tick }

    /// The tick whose end is at or after `deadline`, within the wheel's reach.
    func tick(for deadline: Instant) -> UInt64 {
        let wanted = deadline.nanoseconds / Self.tick &+ 1
        return min(max(wanted, current + 1), current + UInt64(Self.size) - 1)
    }

    mutating func insert(_ id: SlotID, at tick: UInt64) {
        buckets[Int(tick % UInt64(Self.size))].append(id)
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
            let index = Int(current % UInt64(Self.size))
            guard !buckets[index].isEmpty else { continue }
            for id in buckets[index] { due.append((id, current)) }
            count -= buckets[index].count
            buckets[index].removeAll(keepingCapacity: true)
        }
        current = target
        earliest = nextOccupied()
    }

    /// Drops the entries of which `isStale` holds, given with the tick that they wait for.
    mutating func remove(where isStale: (SlotID, _ tick: UInt64) -> Bool) {
        for offset in 1..<UInt64(Self.size) {
            let tick = current + offset
            let index = Int(tick % UInt64(Self.size))
            let before = buckets[index].count
            guard before > 0 else { continue }
            buckets[index].removeAll { isStale($0, tick) }
            count -= before - buckets[index].count
        }
        earliest = nextOccupied()
    }

    private func nextOccupied() -> UInt64 {
        guard count > 0 else { return .max }
        var tick = current + 1
        while buckets[Int(tick % UInt64(Self.size))].isEmpty { tick += 1 }
        return tick
    }
}
