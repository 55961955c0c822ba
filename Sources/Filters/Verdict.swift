public import HTTP

/// What a filter says of a request.
public enum Verdict: Sendable, Equatable {
    /// Nothing stands in the way as far as this filter is concerned.
    case proceed
    /// Answer with the stock page of this status.
    case refuse(Status)
    /// Answer with this status; the `Location` is in `FilterScratch.location`.
    case redirect(Status)

    /// Whether the request is answered here, so that no later filter acts.
    public var isFinal: Bool {
        switch self {
        case .proceed: false
        case .refuse, .redirect: true
        }
    }
}
