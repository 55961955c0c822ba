import HTTP
public import Model
import Routing

/// The policies of one virtual host, compiled. They act before any route's.
public final class HostFilters: Sendable {
    private let blocked: BlockedClients?
    private let appRoot: AppRootFilter?
    private let canonicalHost: CanonicalHostFilter?
    private let clientCertificate: ClientCertificateFilter?
    private let isRefused: Bool
    /// Nothing is decided, unless the connection was opened for a host that asks for a certificate.
    public let letsPass: Bool

    /// - Parameter blocked: clients that no host serves.
    public init(_ host: VirtualHost, blocked: BlockedClients? = nil) throws(FilterError) {
        self.blocked = blocked
        if let policy = host.appRoot { appRoot = try AppRootFilter(policy) } else { appRoot = nil }
        canonicalHost = try host.canonicalHost.map { policy throws(FilterError) in try CanonicalHostFilter(policy) }
        clientCertificate = try host.tls?.clientCertificate.map { policy throws(FilterError) in
            try ClientCertificateFilter(policy)
        }
        isRefused = false
        letsPass = blocked == nil && appRoot == nil && canonicalHost == nil && clientCertificate == nil
    }

    /// For a host without policies.
    public convenience init(blocked: BlockedClients? = nil) { self.init(blocked: blocked, isRefused: false) }

    /// For a host whose policies can't be compiled: refuses everything, since one of them may be there to keep
    /// somebody out.
    public static let refusing = HostFilters(blocked: nil, isRefused: true)

    private init(blocked: BlockedClients?, isRefused: Bool) {
        self.blocked = blocked
        appRoot = nil
        canonicalHost = nil
        clientCertificate = nil
        self.isRefused = isRefused
        letsPass = blocked == nil && !isRefused
    }

    func block(_ head: borrowing RequestHead, _ match: inout MatchScratch) -> Verdict {
        guard let blocked else { return .proceed }
        return blocked.decide(head, &match.pattern)
    }

    /// Whether the host is there to redirect to another, so that nothing is added to its answers.
    public var isRedirect: Bool { canonicalHost != nil }

    /// Judges the client's certificate, and whether the connection was opened for a host that asks for the same.
    func checkClient(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        if isRefused { return .refuse(.internalServerError) }
        if let clientCertificate { return clientCertificate.decide(head, context, &scratch) }
        guard let identity = context.identity, identity.policy.asksForCertificate else { return .proceed }
        return .refuse(.misdirectedRequest)
    }

    /// Behind all redirects: a host that demands a certificate serves nobody over plain HTTP.
    func requireSecure(_ context: RequestContext, _ scratch: inout FilterScratch) -> Verdict {
        guard let clientCertificate else { return .proceed }
        return clientCertificate.requireSecure(context, &scratch)
    }

    func redirectHost(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let canonicalHost else { return .proceed }
        return canonicalHost.decide(head, context, &scratch)
    }

    func redirectRoot(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let appRoot else { return .proceed }
        return appRoot.decide(head, context, &scratch)
    }
}
