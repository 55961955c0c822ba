public import Model

/// Who owns the paths of one host. The oldest object wins: claims are made in the order of age, and
/// a path that is taken stays so.
public struct HostClaims: Sendable {
    private var owners: [PathMatch: Origin] = [:]

    public init() {}

    /// Claims a path for the object at `origin`.
    /// - Returns: nil when the path is theirs now, else who has it.
    public mutating func claim(_ path: PathMatch, by origin: Origin) -> Origin? {
        if let owner = owners[path] { return owner }
        owners[path] = origin
        return nil
    }
}
