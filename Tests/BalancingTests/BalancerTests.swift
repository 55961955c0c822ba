import Balancing
import Model
import Testing

@Suite struct `Any algorithm` {
    @Test(arguments: LoadBalancing.allCases)
    func `of an empty upstream picks nothing`(algorithm: LoadBalancing) {
        var rig = Rig(algorithm, endpoints: 0)
        #expect(rig.pick() == nil)
    }

    @Test(arguments: LoadBalancing.allCases)
    func `picks the only endpoint, ejected or not, once for a request`(algorithm: LoadBalancing) {
        var rig = Rig(algorithm, endpoints: 1)
        rig.eject(0)
        #expect(rig.pick() == 0)
        #expect(rig.pick(avoiding: [0]) == nil)
    }

    @Test(arguments: LoadBalancing.allCases, [[1, 1, 1, 1], [4, 3, 2, 1]])
    func `tries every endpoint before it gives up`(algorithm: LoadBalancing, weights: [Int]) {
        var rig = Rig(algorithm, weights: weights)
        var tried: [Int] = []
        while let index = rig.pick(avoiding: tried, key: 0x5EED) { tried.append(index) }
        #expect(tried.sorted() == [0, 1, 2, 3])
    }

    @Test(arguments: LoadBalancing.allCases, [[1, 1, 1, 1], [4, 3, 2, 1]])
    func `leaves an ejected endpoint out until its time is over`(algorithm: LoadBalancing, weights: [Int]) {
        var rig = Rig(algorithm, weights: weights)
        rig.eject(2)
        let during = (0..<400).compactMap { rig.pick(key: SplitMix64.mix($0), now: 10 * second - 1) }
        #expect(during.count == 400)
        #expect(Set(during) == [0, 1, 3])
        let after = (0..<400).compactMap { rig.pick(key: SplitMix64.mix($0), now: 10 * second) }
        #expect(Set(after) == [0, 1, 2, 3])
    }

    @Test(arguments: LoadBalancing.allCases)
    func `ignores ejection when it has hit everyone`(algorithm: LoadBalancing) {
        var rig = Rig(algorithm, endpoints: 3)
        for index in 0..<3 { rig.eject(index) }
        let picks = (0..<300).compactMap { rig.pick(key: SplitMix64.mix($0)) }
        #expect(picks.count == 300)
        #expect(Set(picks) == [0, 1, 2])
    }

    @Test(arguments: LoadBalancing.allCases)
    func `prefers an ejected endpoint over one that the request has tried`(algorithm: LoadBalancing) {
        var rig = Rig(algorithm, endpoints: 2)
        rig.eject(1)
        #expect(rig.pick(avoiding: [0]) == 1)
    }
}

@Suite struct `Tried endpoints` {
    @Test func `are remembered up to the capacity`() {
        var tried = TriedEndpoints()
        #expect(tried.isEmpty)
        for index in 0..<TriedEndpoints.capacity {
            #expect(!tried.contains(index * 1000))
            tried.insert(index * 1000)
            #expect(tried.contains(index * 1000))
        }
        #expect(tried.isFull && tried.count == TriedEndpoints.capacity)
        #expect(!tried.contains(1))
    }
}
