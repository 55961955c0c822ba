/// Requests in flight in proportion to weight, compared without division.
struct RelativeLoad: Comparable {
    let inFlight: Int
    let weight: Int

    /// More than any load.
    static let max = RelativeLoad(inFlight: 1, weight: 0)

    var isFinite: Bool { weight != 0 }

    static func < (left: RelativeLoad, right: RelativeLoad) -> Bool {
        left.inFlight * right.weight < right.inFlight * left.weight
    }
    static func == (left: RelativeLoad, right: RelativeLoad) -> Bool {
        left.inFlight * right.weight == right.inFlight * left.weight
    }
}

/// The endpoint with the fewest requests in flight over all workers, in proportion to weights.
extension Balancer {
    /// Looks at every endpoint. Ties go round, by weight, so that an idle upstream is spread over
    /// rather than filled from the front.
    func leastLoaded(_ exclusion: Exclusion, _ state: inout BalancerState) -> Int? {
        guard hasEqualWeights else {
            var least = RelativeLoad.max
            for index in endpoints.indices where allows(exclusion, index) { least = min(least, load(of: index)) }
            return richest(exclusion, &state, atMost: least)
        }
        guard var best = nextAllowed(exclusion, from: state.position) else { return nil }
        var fewest = endpoints[best].inFlight
        var index = best
        for _ in endpoints.indices where fewest > 0 {
            index = index + 1 == endpoints.count ? 0 : index + 1
            let inFlight = endpoints[index].inFlight
            guard inFlight < fewest, allows(exclusion, index) else { continue }
            best = index
            fewest = inFlight
        }
        state.position = best + 1 == endpoints.count ? 0 : best + 1
        return best
    }

    func load(of index: Int) -> RelativeLoad {
        RelativeLoad(inFlight: endpoints[index].inFlight, weight: weights[index])
    }
}
