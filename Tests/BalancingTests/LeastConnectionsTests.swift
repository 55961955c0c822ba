import Balancing
import Model
import Testing

@Suite struct `Least connections` {
    @Test func `picks the endpoint with the fewest requests in flight`() {
        var rig = Rig(.leastConnections, endpoints: 4)
        for (index, load) in [3, 1, 2, 5].enumerated() {
            for _ in 0..<load { rig.balancer.endpoints[index].begin() }
        }
        #expect(rig.counts(10) == [0, 10, 0, 0])
        rig.balancer.endpoints[3].begin()
        for _ in 0..<6 { rig.balancer.endpoints[3].end() }
        #expect(rig.counts(10) == [0, 0, 0, 10])
    }

    @Test func `sees the requests of other workers`() {
        var one = Rig(.leastConnections, endpoints: 2)
        var other = one.balancer.makeState(seed: 99)
        guard let busy = one.pick() else { return #expect(Bool(false), "no endpoint") }
        one.balancer.endpoints[busy].begin()
        let elsewhere = one.balancer.pick(avoiding: TriedEndpoints(), key: 0, now: 0, state: &other)
        #expect(elsewhere == 1 - busy)
    }

    @Test(arguments: [[1, 1, 1, 1], [2, 2]])
    func `goes round while nothing is in flight`(weights: [Int]) {
        var rig = Rig(.leastConnections, weights: weights)
        #expect(rig.counts(10 * weights.count) == Array(repeating: 10, count: weights.count))
    }

    @Test func `goes round by weight while nothing is in flight`() {
        var rig = Rig(.leastConnections, weights: [3, 1])
        _ = rig.counts(4)
        #expect(rig.counts(40) == [30, 10])
    }

    @Test func `fills in proportion to weight`() {
        var rig = Rig(.leastConnections, weights: [3, 2, 1])
        for _ in 0..<600 {
            guard let index = rig.pick() else { return #expect(Bool(false), "no endpoint") }
            rig.balancer.endpoints[index].begin()
        }
        #expect(rig.balancer.endpoints.map(\.inFlight) == [300, 200, 100])
    }

    @Test func `does not count an ejected endpoint as the least loaded`() {
        var rig = Rig(.leastConnections, weights: [2, 1, 1])
        rig.eject(0)
        rig.balancer.endpoints[1].begin()
        #expect(rig.counts(10) == [0, 0, 10])
    }
}
