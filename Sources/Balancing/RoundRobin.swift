/// In turn, in proportion to weights.
extension Balancer {
    /// Equal weights: the next one, in one step. Different weights: nginx's smooth algorithm, which
    /// spreads the turns of a heavy endpoint between those of the others.
    func nextInTurn(_ exclusion: Exclusion, _ state: inout BalancerState) -> Int? {
        guard hasEqualWeights else { return richest(exclusion, &state, atMost: .max) }
        guard let index = nextAllowed(exclusion, from: state.position) else { return nil }
        // From the one found, not from where the search began: its successor would inherit the
        // turns of those left out.
        state.position = index + 1 == endpoints.count ? 0 : index + 1
        return index
    }

    /// One turn of smooth weighted round robin (`ngx_http_upstream_get_peer`) among the endpoints
    /// that may be picked and whose load is at most `load`: everyone earns its weight, the richest
    /// pays what all have earned.
    func richest(
        _ exclusion: Exclusion, _ state: inout BalancerState, atMost load: RelativeLoad
    ) -> Int? {
        if state.credits.isEmpty { drawCredits(&state) }
        var earned = 0
        var best: Int?
        for index in endpoints.indices where allows(exclusion, index) {
            if load.isFinite && self.load(of: index) > load { continue }
            earned += weights[index]
            state.credits[index] += weights[index]
            if let leader = best, state.credits[index] <= state.credits[leader] { continue }
            best = index
        }
        if let best { state.credits[best] -= earned }
        return best
    }

    /// Random credits put the worker at a random place of the period.
    private func drawCredits(_ state: inout BalancerState) {
        let total = weights.reduce(0, +)
        state.credits.reserveCapacity(weights.count)
        for _ in weights { state.credits.append(state.random.next(below: total)) }
    }
}
