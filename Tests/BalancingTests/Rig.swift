import Balancing
import Model

/// An upstream with its states and one worker's part, as a test drives it.
struct Rig {
    let balancer: Balancer
    var state: BalancerState

    init(
        _ algorithm: LoadBalancing, weights: [Int], affinity: Affinity? = nil, seed: UInt64 = 1,
        named name: String = "shop-web-80", clients: ClientTable = ClientTable(sets: 1 << 10, seed: 1)
    ) {
        let upstream = Upstream(
            id: UpstreamID(name), endpoints: Rig.endpoints(weights), loadBalancing: algorithm,
            affinity: affinity,
            origin: Origin(file: "shop.yaml", line: 1, kind: "Service", namespace: "shop", name: "web"))
        balancer = Balancer(upstream, endpoints: EndpointRegistry().states(of: upstream, now: 0), clients: clients)
        state = balancer.makeState(seed: seed)
    }

    init(_ algorithm: LoadBalancing, endpoints: Int, affinity: Affinity? = nil, seed: UInt64 = 1) {
        self.init(algorithm, weights: Array(repeating: 1, count: endpoints), affinity: affinity, seed: seed)
    }

    static func endpoints(_ weights: [Int]) -> [Endpoint] {
        weights.enumerated().map { Endpoint(address: "10.0.0.\($0 + 1)", port: 8080, weight: $1) }
    }

    mutating func pick(avoiding tried: [Int] = [], key: UInt64 = 0, now: UInt64 = 0) -> Int? {
        var set = TriedEndpoints()
        for index in tried { set.insert(index) }
        return balancer.pick(avoiding: set, key: key, now: now, state: &state)
    }

    /// How often each endpoint is picked in `count` picks.
    mutating func counts(_ count: Int, avoiding tried: [Int] = [], now: UInt64 = 0) -> [Int] {
        var counts = Array(repeating: 0, count: balancer.endpoints.count)
        for _ in 0..<count {
            if let index = pick(avoiding: tried, now: now) { counts[index] += 1 }
        }
        return counts
    }

    func eject(_ index: Int, now: UInt64 = 0) {
        _ = balancer.endpoints[index].failed(now: now, policy: EjectionPolicy(failures: 1, time: .seconds(10)))
    }
}

let second: UInt64 = 1_000_000_000
