public import Kubernetes

/// How old an object is, among objects that claim the same thing: the lesser one came first and wins.
///
/// The older creation time first; of the same time the greater `namespace/name` first, as ingress-nginx
/// orders them. Objects without a time, which no cluster has seen, are the oldest.
public struct Seniority: Sendable, Hashable, Comparable {
    private let created: Int64
    private let namespace: String
    private let name: String

    public init(_ metadata: Metadata) {
        created = metadata.creationTimestamp?.seconds ?? .min
        namespace = metadata.namespace
        name = metadata.name
    }

    /// For what no object asks for.
    public static let first = Seniority(Metadata(name: "", namespace: ""))

    public static func < (a: Self, b: Self) -> Bool {
        if a.created != b.created { return a.created < b.created }
        if a.namespace == b.namespace { return a.name > b.name }
        // The slash counts only where one namespace begins with the other.
        if a.namespace.hasPrefix(b.namespace) || b.namespace.hasPrefix(a.namespace) {
            return "\(a.namespace)/\(a.name)" > "\(b.namespace)/\(b.name)"
        }
        return a.namespace > b.namespace
    }
}
