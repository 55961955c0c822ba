/// Sends a part of the requests of an upstream to another one (`canary` in ingress-nginx).
///
/// Hangs on the main upstream, so every route that leads there is split. Rules are asked in the order header,
/// cookie, weight; the first that knows an answer decides. A session that a cookie ties to one of the two stays
/// there, whatever the rules say. While the other upstream has no endpoint, the main one gets everything.
public struct TrafficSplit: Sendable, Hashable {
    /// A request header that decides (`canary-by-header`).
    public struct HeaderRule: Sendable, Hashable {
        /// Which values mean the other upstream.
        public enum Values: Sendable, Hashable {
            /// `always` means the other upstream, `never` the main one; any other value decides nothing.
            case alwaysOrNever
            /// This value, exactly (`canary-by-header-value`); any other decides nothing.
            case exactly(String)
            /// What the regular expression is found in, by case (`canary-by-header-pattern`).
            case matching(String)
            /// None, and every value means the main upstream: what was asked for cannot be read, so whoever sends the
            /// header is kept from cookie and weight.
            case unreadable
        }

        /// A token (RFC 9110 §5.6.2).
        public var name: String
        public var values: Values

        public init(name: String, values: Values = .alwaysOrNever) {
            self.name = name
            self.values = values
        }
    }

    /// Who gets the part.
    public var upstream: UpstreamID
    public var header: HeaderRule?
    /// Name of a cookie that decides by `always` or `never` (`canary-by-cookie`).
    public var cookie: String?
    /// Of `total` requests that no rule decides so many go to the other upstream, by an independent draw for each
    /// (`canary-weight`). 0 is none; `total` or more is all.
    public var weight: Int
    /// At least 1 (`canary-weight-total`).
    public var total: Int
    /// The object that asks for the split.
    public var origin: Origin

    public init(
        to upstream: UpstreamID, header: HeaderRule? = nil, cookie: String? = nil, weight: Int = 0, total: Int = 100,
        origin: Origin
    ) {
        self.upstream = upstream
        self.header = header
        self.cookie = cookie
        self.weight = weight
        self.total = total
        self.origin = origin
    }
}
