import Balancing
import Testing

@Suite struct `Retry budget` {
    private mutating func exhausted(_ budget: inout RetryBudget, now: UInt64) -> Int {
        var count = 0
        while budget.spend(now: now) { count += 1 }
        return count
    }

    @Test mutating func `allows a fifth of the requests beyond its floor`() {
        var budget = RetryBudget(floorPerSecond: 10, now: 0)
        #expect(exhausted(&budget, now: 0) == 10)
        for _ in 0..<50 { budget.earn() }
        #expect(exhausted(&budget, now: 0) == 10)
        for _ in 0..<4 { budget.earn() }
        #expect(exhausted(&budget, now: 0) == 0)
        budget.earn()
        #expect(exhausted(&budget, now: 0) == 1)
    }

    @Test mutating func `refills its floor with time, never above it`() {
        var budget = RetryBudget(floorPerSecond: 10, now: 0)
        #expect(exhausted(&budget, now: 0) == 10)
        #expect(exhausted(&budget, now: second / 10 - 1) == 0)
        #expect(exhausted(&budget, now: second / 10) == 1)
        #expect(exhausted(&budget, now: second / 2) == 4)
        #expect(exhausted(&budget, now: 100 * second) == 10)
    }

    @Test mutating func `saves no more than its largest burst`() {
        var budget = RetryBudget(floorPerSecond: 0, now: 0)
        for _ in 0..<1_000_000 { budget.earn() }
        #expect(exhausted(&budget, now: 0) == Int(RetryBudget.largestBurst))
        #expect(exhausted(&budget, now: 1000 * second) == 0)
    }
}
