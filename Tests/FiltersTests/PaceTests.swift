import Model
import Testing

@testable import Filters

@Suite struct `The pace of a response` {
    @Test(arguments: [
        (1000, 0, 0, 0), (1000, 0, 1_000_000_000, 1000), (1000, 500, 1_500_000_000, 2000), (1, 7, 999_999_999, 7),
        (1 << 40, 0, 1_000_000, 1_099_511_627),
    ])
    func `allows so much by a time`(rate: Int, before: Int, elapsed: UInt64, bytes: Int) {
        #expect(Pace(Bandwidth(bytesPerSecond: rate, bytesBefore: before)).allowance(after: elapsed) == bytes)
    }

    @Test func `has no end that it could not count to`() {
        let pace = Pace(Bandwidth(bytesPerSecond: .max, bytesBefore: .max))
        #expect(pace.allowance(after: .max) == .max)
        #expect(pace.allowance(after: 1) > 0)
    }

    @Test(arguments: [(1, 1_000_000_000), (10, 100_000_000), (1 << 20, 100_000_000)])
    func `waits for a byte at least`(rate: Int, pause: UInt64) {
        #expect(Pace(Bandwidth(bytesPerSecond: rate)).pause == pause)
    }
}
