import HTTP
public import Model

/// The policies of one virtual host, compiled. They act before any route's.
public struct HostFilters: Sendable {
    private let appRoot: AppRootFilter?

    public init(_ host: VirtualHost) throws(FilterError) {
        if let policy = host.appRoot { appRoot = try AppRootFilter(policy) } else { appRoot = nil }
    }

    /// For a host without policies.
    public init() { appRoot = nil }

    func redirectRoot(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let appRoot else { return .proceed }
        return appRoot.decide(head, context, &scratch)
    }
}
