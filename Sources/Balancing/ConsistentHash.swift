public import Model

/// A ring of points on which a key belongs to the next point's node: when one of N nodes comes or
/// goes, only about 1/N of the keys move (ketama; ingress-nginx uses the same 160 points a node).
///
/// The points depend on the nodes' names alone, so all workers and all replicas agree, and the order
/// of the nodes does not matter. 8 bytes a point; a look-up is a binary search.
public struct ConsistentHash: Sendable {
    /// Points of a node of average weight.
    public static let pointsPerNode = 160

    /// Sorted. The upper bits are the place on the ring, the lower `indexBits` the node.
    private let points: ContiguousArray<UInt64>

    private static let indexBits: UInt64 = 20
    private static let indexMask: UInt64 = 1 << indexBits - 1

    /// - Parameters:
    ///   - names: a hash of each node's name; fewer than 2^20.
    ///   - weights: each node's share, at least 1.
    public init(names: [UInt64], weights: [Int]) {
        precondition(names.count == weights.count && names.count <= Self.indexMask, "every node has a weight")
        var points: ContiguousArray<UInt64> = []
        points.reserveCapacity(names.count * Self.pointsPerNode)
        let total = weights.reduce(0, +)
        for (index, name) in names.enumerated() {
            let share = (Self.pointsPerNode * names.count * weights[index] + total / 2) / total
            var series = SplitMix64(seed: name)
            for _ in 0..<max(share, 1) { points.append(series.next() & ~Self.indexMask | UInt64(index)) }
        }
        points.sort()
        self.points = points
    }

    /// The ring of an upstream's endpoints; their names are `address:port`.
    public init(_ endpoints: [Endpoint]) {
        self.init(
            names: endpoints.map { Self.hash(of: $0.description) },
            weights: endpoints.map { min(max($0.weight, 1), 65_535) })
    }

    /// The ring of so many groups of endpoints.
    init(groups: Int) {
        self.init(
            names: (0..<groups).map { Self.hash(of: "set\($0)") }, weights: Array(repeating: 1, count: groups))
    }

    public var isEmpty: Bool { points.isEmpty }

    /// Where a key's point is. The ring is not empty.
    public func place(of key: UInt64) -> Int {
        var low = 0
        var high = points.count
        while low < high {
            let middle = (low + high) / 2
            if points[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low == points.count ? 0 : low
    }

    /// The next place on the ring: where a key goes when its own node will not do.
    public func place(after place: Int) -> Int { place + 1 == points.count ? 0 : place + 1 }

    /// The node at a place.
    public subscript(place: Int) -> Int { Int(points[place] & Self.indexMask) }

    /// The key of a text, on every machine and in every run the same.
    public static func key(of text: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<text.count { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
        return SplitMix64.mix(hash)
    }

    /// FNV-1a with a final mix.
    static func hash(of name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
