import Balancing
import Model
import Testing

@Suite struct `Endpoint registry` {
    private let registry = EndpointRegistry()

    private func upstream(_ name: String, _ endpoints: [Endpoint]) -> Upstream {
        Upstream(
            id: UpstreamID(name), endpoints: endpoints,
            origin: Origin(file: "shop.yaml", line: 1, kind: "Service", namespace: "shop", name: "web"))
    }

    @Test func `keeps the state of endpoints that stay, wherever they now stand`() {
        let before = registry.states(of: upstream("a", Rig.endpoints([1, 1, 1])), now: 0)
        before[2].begin()
        var endpoints = Rig.endpoints([1, 5, 9])
        endpoints.remove(at: 0)
        endpoints.append(Endpoint(address: "10.0.0.9", port: 8080))
        let after = registry.states(of: upstream("a", endpoints), now: 1)
        #expect(after.count == 3)
        #expect(after[0] === before[1] && after[1] === before[2])
        #expect(after[1].inFlight == 1 && after[2].inFlight == 0)
    }

    @Test func `has a state for each upstream that an address serves`() {
        let endpoints = Rig.endpoints([1])
        let one = registry.states(of: upstream("a", endpoints), now: 0)
        let other = registry.states(of: upstream("b", endpoints), now: 0)
        #expect(one[0] !== other[0])
    }

    @Test func `starts new endpoints at the mean latency of those that stay`() {
        let before = registry.states(of: upstream("a", Rig.endpoints([1, 1])), now: 0)
        before[0].record(latency: 0.1, now: .max)
        before[1].record(latency: 0.3, now: .max)
        let after = registry.states(of: upstream("a", Rig.endpoints([1, 1, 1])), now: 7)
        #expect(abs(after[2].latency.average - 0.2) < 1e-9)
        #expect(after[2].latency.score(at: 7) == after[2].latency.average)
    }

    @Test func `forgets upstreams that are gone`() {
        let before = registry.states(of: upstream("a", Rig.endpoints([1])), now: 0)
        _ = registry.states(of: upstream("b", Rig.endpoints([1])), now: 0)
        registry.keep(only: [UpstreamID("b")])
        #expect(registry.count == 1)
        #expect(registry.states(of: upstream("a", Rig.endpoints([1])), now: 0)[0] !== before[0])
    }
}

@Suite struct `Endpoint state` {
    @Test func `counts requests in flight and picks apart`() {
        let state = EndpointState(Endpoint(address: "10.0.0.1", port: 80))
        for _ in 0..<5 { state.begin() }
        for _ in 0..<3 { state.end() }
        #expect(state.inFlight == 2 && state.picks == 5)
    }

    @Test func `counts what all workers do`() async {
        let state = EndpointState(Endpoint(address: "10.0.0.1", port: 80))
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { state.begin() }
                    for _ in 0..<999 { state.end() }
                }
            }
        }
        #expect(state.inFlight == 8 && state.picks == 8000)
    }
}
