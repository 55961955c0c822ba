import Synchronization
import TestSupport
import Testing

@testable import Filters

/// A limiter as ingress-nginx's reference words it: `excess = max(excess − rate·Δt, 0) + 1`, refused and not counted when
/// `excess − 1 > burst`.
private struct LeakyBucket {
    let interval: Double
    let burst: Double
    var excess = 0.0
    var last = 0.0

    mutating func admits(at time: Double) -> Bool {
        let drained = max(excess - (time - last) / interval, 0)
        guard drained <= burst else { return false }
        (excess, last) = (drained + 1, time)
        return true
    }
}

@Suite struct `Rate table` {
    static let second: UInt64 = 1_000_000_000

    @Test(arguments: [(5, 5), (1, 5), (10, 0), (100, 1), (1, 0)])
    func `admits a burst and one more at once, then the rate`(rate: UInt64, multiplier: UInt64) {
        let table = RateTable(sets: 1)
        let interval = Self.second / rate
        func ask(_ now: UInt64) -> Bool {
            if case .admitted = table.admit(
                7, now: now, interval: interval, tolerance: interval * rate * multiplier)
            {
                return true
            }
            return false
        }
        var admitted: UInt64 = 0
        for _ in 0..<1000 where ask(Self.second) { admitted += 1 }
        #expect(admitted == rate * multiplier + 1)
        for tick in 1...20 {
            let now = Self.second + UInt64(tick) * interval
            #expect(ask(now))
            #expect(!ask(now))
        }
    }

    @Test func `decides as the leaky bucket of the reference does`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let interval = UInt64.random(in: 1...1000, using: &generator) * 1_000_000
            let burst = UInt64.random(in: 0...20, using: &generator)
            let table = RateTable(sets: 1)
            var reference = LeakyBucket(interval: Double(interval), burst: Double(burst))
            var now = Self.second
            for _ in 0..<300 {
                now += UInt64.random(in: 0...4, using: &generator) * (interval / 4)
                let outcome = table.admit(9, now: now, interval: interval, tolerance: interval * burst)
                var isAdmitted = false
                if case .admitted = outcome { isAdmitted = true }
                #expect(isAdmitted == reference.admits(at: Double(now)))
            }
        }
    }

    @Test func `says when the next request may come`() {
        let table = RateTable(sets: 1)
        func ask(_ now: UInt64) -> RateTable.Outcome { table.admit(1, now: now, interval: 100, tolerance: 100) }
        #expect(ask(1000) == .admitted(backlog: 100))
        #expect(ask(1000) == .admitted(backlog: 200))
        #expect(ask(1000) == .refused(wait: 100))
        #expect(ask(1040) == .refused(wait: 60))
        #expect(ask(1100) == .admitted(backlog: 200))
    }

    @Test func `takes back what was counted`() {
        let table = RateTable(sets: 1)
        for _ in 0..<100 {
            #expect(table.admit(1, now: 1000, interval: 100, tolerance: 0) == .admitted(backlog: 100))
            table.giveBack(1, interval: 100)
        }
        table.giveBack(2, interval: 100)
        #expect(table.admit(2, now: 1000, interval: 100, tolerance: 0) == .admitted(backlog: 100))
    }

    @Test func `forgets the bucket that says least when there is no room`() {
        let table = RateTable(sets: 1)
        for key in 1...8 {
            for _ in 0..<key { _ = table.admit(UInt64(key), now: 1000, interval: 10, tolerance: 1000) }
        }
        #expect(table.forgottenBuckets == 0)
        #expect(table.admit(9, now: 1000, interval: 10, tolerance: 1000) == .admitted(backlog: 10))
        #expect(table.forgottenBuckets == 1)
        // The first key was the one with a single request; the last is as it was.
        #expect(table.admit(8, now: 1000, interval: 10, tolerance: 1000) == .admitted(backlog: 90))
    }

    @Test func `needs no room for buckets whose time has passed`() {
        let table = RateTable(sets: 1)
        for key in 1...10_000 {
            _ = table.admit(UInt64(key), now: UInt64(key) * 100, interval: 10, tolerance: 0)
        }
        #expect(table.forgottenBuckets == 0)
    }

    /// Threads that count for the same key at the same time admit together what one alone would.
    @Test(arguments: [1, 2, 4])
    func `is one limit for all threads`(threads: Int) async {
        let table = RateTable(sets: 1 << 10)
        let room = Room()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<threads {
                group.addTask {
                    for _ in 0..<10_000 {
                        if case .admitted = table.admit(77, now: 1, interval: 1000, tolerance: 1000 * 499) {
                            room.enter()
                        }
                    }
                }
            }
        }
        let count = room.most.load(ordering: .relaxed)
        #expect(count >= 500 && count <= 500 + threads - 1)
    }

    /// What an attacker with a million addresses can take.
    @Test func `holds a million addresses in the memory that it always has`() {
        let limits = SharedLimits()
        #expect(limits.byteCount == 36 << 20)
        var hasher = SplitMix(state: 1)
        for _ in 0..<1_000_000 {
            _ = limits.rates.admit(hasher.next(), now: 1, interval: Self.second, tolerance: 5 * Self.second)
        }
        // All of them still say something, so what has no room goes: the sets that more than eight keys fall into.
        #expect(limits.rates.forgottenBuckets == 6_652)
        #expect(limits.byteCount == 36 << 20)
    }
}

/// Counts who is inside.
private final class Room: Sendable {
    let most = Atomic<Int>(0)
    private let inside = Atomic<Int>(0)

    func enter() {
        let count = inside.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
        most.max(count, ordering: .relaxed)
    }

    func leave() { inside.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
}

@Suite struct `Connection table` {
    @Test func `counts what is under way`() {
        let table = ConnectionTable(sets: 1)
        var places: [Int] = []
        for _ in 0..<3 {
            guard case .admitted(let place) = table.enter(5 << 20, limit: 3) else { return #expect(Bool(false)) }
            places.append(place)
        }
        #expect(table.enter(5 << 20, limit: 3) == .refused)
        table.leave(places[1])
        guard case .admitted = table.enter(5 << 20, limit: 3) else { return #expect(Bool(false)) }
        #expect(table.enter(5 << 20, limit: 3) == .refused)
    }

    @Test func `lets through what it has no room to count`() {
        let table = ConnectionTable(sets: 1)
        var places: [Int] = []
        for key in 1...8 {
            guard case .admitted(let place) = table.enter(UInt64(key) << 20, limit: 1) else {
                return #expect(Bool(false))
            }
            places.append(place)
        }
        #expect(table.enter(9 << 20, limit: 1) == .uncounted)
        #expect(table.uncountedRequests == 1)
        table.leave(places[4])
        guard case .admitted = table.enter(9 << 20, limit: 1) else { return #expect(Bool(false)) }
        #expect(table.enter(9 << 20, limit: 1) == .refused)
    }

    @Test func `ends at zero however threads interleave`() async {
        let table = ConnectionTable(sets: 4)
        let room = Room()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5_000 {
                        guard case .admitted(let place) = table.enter(1 << 30, limit: 2) else { continue }
                        room.enter()
                        room.leave()
                        table.leave(place)
                    }
                }
            }
        }
        #expect(room.most.load(ordering: .relaxed) <= 2)
        guard case .admitted = table.enter(1 << 30, limit: 1) else { return #expect(Bool(false)) }
    }
}
