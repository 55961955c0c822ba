import HTTP
public import Model
import Routing

/// The policies of one virtual host, compiled. They act before any route's.
public struct HostFilters: Sendable {
    private let blocked: BlockedClients?
    private let appRoot: AppRootFilter?

    /// - Parameter blocked: clients that no host serves.
    public init(_ host: VirtualHost, blocked: BlockedClients? = nil) throws(FilterError) {
        self.blocked = blocked
        if let policy = host.appRoot { appRoot = try AppRootFilter(policy) } else { appRoot = nil }
    }

    /// For a host without policies.
    public init(blocked: BlockedClients? = nil) {
        self.blocked = blocked
        appRoot = nil
    }

    func block(_ head: borrowing RequestHead, _ match: inout MatchScratch) -> Verdict {
        guard let blocked else { return .proceed }
        return blocked.decide(head, &match.pattern)
    }

    func redirectRoot(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let appRoot else { return .proceed }
        return appRoot.decide(head, context, &scratch)
    }
}
