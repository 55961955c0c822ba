/// What one worker remembers between picks from one upstream.
///
/// Three words, so that ten thousand upstreams cost a worker little; the weights of smooth round
/// robin are allocated at the first pick of an upstream whose endpoints weigh differently.
public struct BalancerState {
    /// Where the next turn begins.
    var position: Int
    var random: SplitMix64
    /// Credit of each endpoint in smooth weighted round robin.
    var credits: ContiguousArray<Int> = []

    /// A random word for choices that nobody gains by predicting.
    public mutating func draw() -> UInt64 { random.next() }

    init(seed: UInt64, endpoints: Int) {
        random = SplitMix64(seed: seed)
        position = random.next(below: max(endpoints, 1))
    }
}
