import Balancing
import Model
import Testing

@Suite struct `Peak EWMA` {
    @Test func `never picks the slowest of three`() {
        var rig = Rig(.ewma, endpoints: 3)
        for (index, seconds) in [0.2, 0.1, 0.4].enumerated() {
            rig.balancer.endpoints[index].record(latency: seconds, now: 1000 * second)
        }
        let counts = rig.counts(3000, now: 1000 * second)
        // The fastest wins both of its pairs, the middle one the pair without it.
        #expect(counts[2] == 0)
        #expect(abs(counts[1] - 2000) < 150 && counts[0] + counts[1] == 3000)
    }

    @Test func `spreads evenly while nothing is known`() {
        var rig = Rig(.ewma, endpoints: 4)
        for count in rig.counts(4000) { #expect(abs(count - 1000) < 150) }
    }

    @Test(arguments: LoadBalancing.allCases)
    func `alone keeps response times`(algorithm: LoadBalancing) {
        let rig = Rig(algorithm, endpoints: 2)
        rig.balancer.succeeded(1, afterSeconds: 2, now: 100 * second)
        #expect((rig.balancer.endpoints[1].latency.average > 0) == (algorithm == .ewma))
        #expect(rig.balancer.endpoints[0].latency.average == 0)
    }

    @Test func `averages with the weight of the time that passed`() {
        let state = EndpointState(Endpoint(address: "10.0.0.1", port: 80), latency: 1, now: 0)
        state.record(latency: 3, now: 10 * second)
        let kept = 0.36787944117144233
        #expect(abs(state.latency.average - (1 * kept + 3 * (1 - kept))) < 1e-12)
    }

    @Test func `fades while nothing is heard`() {
        let state = EndpointState(Endpoint(address: "10.0.0.1", port: 80), latency: 1, now: 5 * second)
        #expect(state.latency.score(at: 5 * second) == 1)
        #expect(abs(state.latency.score(at: 25 * second) - 0.1353352832366127) < 1e-12)
        #expect(state.latency.score(at: 4 * second) == 1)
    }
}
