/// What the cache had for a request, in nginx's words (`$upstream_cache_status`).
public enum ResponseCacheStatus: Sendable, Equatable {
    /// Nothing: the upstream answered.
    case miss
    /// It was not to be asked.
    case bypass
    /// A response that is no longer fresh; the upstream answered.
    case expired
    /// A response that is no longer fresh answered, for want of a better one.
    case stale
    /// The same, while another request asks for it anew.
    case updating
    /// The upstream said that a response which was no longer fresh still holds.
    case revalidated
    /// A fresh response.
    case hit

    public var name: StaticString {
        switch self {
        case .miss: "MISS"
        case .bypass: "BYPASS"
        case .expired: "EXPIRED"
        case .stale: "STALE"
        case .updating: "UPDATING"
        case .revalidated: "REVALIDATED"
        case .hit: "HIT"
        }
    }
}
