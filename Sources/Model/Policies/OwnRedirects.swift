/// How the proxy's own redirects to a path of the same origin are written: slash redirects, and redirects
/// whose location is a path.
public struct OwnRedirects: Sendable, Hashable {
    /// The `Location` is the path alone (`relative-redirects`).
    public var areRelative: Bool
    /// An absolute `Location` of a slash redirect names the port that the request came in on, unless it is the
    /// scheme's own (`use-port-in-redirects`).
    public var namePort: Bool

    public init(areRelative: Bool = false, namePort: Bool = false) {
        self.areRelative = areRelative
        self.namePort = namePort
    }
}
