import Balancing
import Model
import Testing

@Suite struct `Round robin` {
    @Test func `takes equal endpoints in turn`() {
        var rig = Rig(.roundRobin, endpoints: 3)
        let picks = (0..<9).compactMap { _ in rig.pick() }
        #expect(Set(picks.prefix(3)) == [0, 1, 2])
        #expect(Array(picks[3..<6]) == Array(picks[0..<3]))
        #expect(Array(picks[6..<9]) == Array(picks[0..<3]))
    }

    @Test func `begins at different places on different workers`() {
        let first = (0..<64 as Range<UInt64>).map { seed in
            var rig = Rig(.roundRobin, endpoints: 4, seed: seed)
            return rig.pick()
        }
        #expect(Set(first) == [0, 1, 2, 3])
    }

    @Test func `does not hand the turns of an ejected endpoint to its neighbour`() {
        var rig = Rig(.roundRobin, endpoints: 4)
        rig.eject(1)
        #expect(rig.counts(300) == [100, 0, 100, 100])
    }

    @Test(arguments: [[5, 1, 1], [3, 2, 1], [1, 100], [7, 7, 6]])
    func `gives each endpoint its share in every period`(weights: [Int]) {
        var rig = Rig(.roundRobin, weights: weights)
        let period = weights.reduce(0, +)
        _ = rig.counts(period)
        for _ in 0..<10 { #expect(rig.counts(period) == weights) }
    }

    @Test func `spreads the turns of a heavy endpoint`() {
        var rig = Rig(.roundRobin, weights: [4, 1, 1])
        _ = rig.counts(6)
        let picks = (0..<60).compactMap { _ in rig.pick() }
        let longestRun = picks.split(whereSeparator: { $0 != 0 }).map(\.count).max()
        #expect(longestRun == 2)
    }

    @Test func `keeps the shares of the others when a weighted endpoint is ejected`() {
        var rig = Rig(.roundRobin, weights: [3, 2, 1])
        rig.eject(1)
        _ = rig.counts(400)
        #expect(rig.counts(400) == [300, 0, 100])
    }
}
