/// What a proxy is to do, in no dialect: the value that the control plane produces, and the data
/// plane compiles into a snapshot.
///
/// Plain data: two models that mean the same are equal, so an unchanged model is never compiled again.
/// Every part says where it came from (`Origin`).
public struct ProxyModel: Sendable, Equatable {
    /// Hosts in a stable order: exact names, wildcards, then the catch-all host. Names are unique.
    public var virtualHosts: [VirtualHost]
    /// Upstreams ordered by identifier. Identifiers are unique; every route names an upstream that is here.
    public var upstreams: [Upstream]
    /// Certificates ordered by identifier. Identifiers are unique; every certificate that a host names is here.
    public var certificates: [CertificateBundle]
    /// What TLS clients get that name no host with a certificate of its own; nil means one made at start.
    public var defaultCertificate: CertificateID?
    /// Answers requests that no virtual host or route matches; nil means the built-in 404 page.
    public var defaultUpstream: UpstreamID?
    /// What holds for the whole proxy.
    public var settings: Settings

    public init(
        virtualHosts: [VirtualHost] = [], upstreams: [Upstream] = [], defaultUpstream: UpstreamID? = nil,
        settings: Settings = Settings(), certificates: [CertificateBundle] = [],
        defaultCertificate: CertificateID? = nil
    ) {
        self.virtualHosts = virtualHosts
        self.upstreams = upstreams
        self.defaultUpstream = defaultUpstream
        self.settings = settings
        self.certificates = certificates
        self.defaultCertificate = defaultCertificate
    }
}
