import Bytes
import Model

/// Users by name, found without comparing with each of them.
struct UserTable: Sendable {
    private let names: [[UInt8]]
    /// Hashes of the names with their numbers, in the order of the hashes.
    private let order: [(hash: Int, index: Int)]

    /// The first of a name counts.
    init(_ users: [Credential]) {
        names = users.map { Array($0.name.utf8) }
        var order: [(hash: Int, index: Int)] = []
        for (index, user) in users.enumerated() {
            let name = Array(user.name.utf8)
            order.append((Self.hash(name.span), index))
        }
        self.order = order.sorted { ($0.hash, $0.index) < ($1.hash, $1.index) }
    }

    /// The number of the user with a name.
    func index(of name: Span<UInt8>) -> Int? {
        let hash = Self.hash(name)
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        while low < order.count, order[low].hash == hash {
            let candidate = names[order[low].index]
            if candidate.span.equals(name) { return order[low].index }
            low += 1
        }
        return nil
    }

    /// Keyed by the process, so that names can't be chosen to collide.
    private static func hash(_ name: Span<UInt8>) -> Int {
        var hasher = Hasher()
        for index in name.indices { hasher.combine(name[index]) }
        return hasher.finalize()
    }
}
