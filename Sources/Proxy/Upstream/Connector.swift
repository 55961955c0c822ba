import Linux
import Model
import TLS

/// What is spoken on connections to endpoints and how they are secured; with an address, the identity of a pool.
struct ConnectorID: Hashable {
    var speaksHTTP2 = false
    /// Nil is in the clear. Names are settled: where one is verified or indicated it is there.
    var tls: UpstreamTLS?

    /// HTTP/1 in the clear.
    static let plain = ConnectorID()

    init(speaksHTTP2: Bool = false, tls: UpstreamTLS? = nil) {
        self.speaksHTTP2 = speaksHTTP2
        self.tls = tls
    }

    /// How requests reach an upstream.
    ///
    /// - Parameters:
    ///   - tls: how TLS is spoken where it is; nil verifies nothing and indicates no name.
    ///   - isSecure: whether the client's own connection is encrypted.
    init(_ spoken: BackendProtocol, _ tls: UpstreamTLS?, upstream: UpstreamID, isSecure: Bool) {
        switch spoken {
        case .http: self = .plain
        case .http2: self.init(speaksHTTP2: true)
        case .https: self.init(tls: Self.settled(tls, for: upstream))
        case .http2OverTLS: self.init(speaksHTTP2: true, tls: Self.settled(tls, for: upstream))
        case .asClient: self.init(tls: isSecure ? Self.settled(tls, for: upstream) : nil)
        }
    }

    /// Without what makes no difference to a connection, so that routes which say the same share their connections.
    private static func settled(_ asked: UpstreamTLS?, for upstream: UpstreamID) -> UpstreamTLS {
        guard var tls = asked else { return UpstreamTLS(versions: TLSVersion.allCases, origin: .builtIn) }
        tls.origin = .builtIn
        tls.trust?.origin = .builtIn
        if !tls.verifies { tls.trust = nil }
        if tls.verifies || tls.indicatesName {
            tls.name = tls.name ?? upstream.name
        } else {
            tls.name = nil
        }
        return tls
    }
}

/// One worker's connections of one kind, by the address of their endpoint.
///
/// Outlives snapshots for as long as routes use it, so that a reload closes no connection; its pools leave with
/// their endpoints.
final class Connector {
    let id: ConnectorID
    /// Nil in the clear, and where TLS cannot be spoken as the route wants it.
    let context: TLSContext?
    /// Why nothing can be sent: a certificate, key or cipher list that OpenSSL refuses.
    let fault: String?
    /// Nobody has asked for it since the newest snapshot came; whoever keeps it clears this when using it.
    var isStale = false
    private(set) var isRetired = false
    private var pools: [SocketAddress: EndpointPool] = [:]

    var speaksHTTP2: Bool { id.speaksHTTP2 }
    var usesTLS: Bool { id.tls != nil }

    init(_ id: ConnectorID) {
        self.id = id
        guard let tls = id.tls else {
            context = nil
            fault = nil
            return
        }
        do throws(TLSConfigurationError) {
            context = try TLSContext(client: TLSClientSettings(tls, speaksHTTP2: id.speaksHTTP2))
            fault = nil
        } catch {
            context = nil
            fault = error.fault
        }
    }

    /// The connections to an address.
    func pool(for address: SocketAddress) -> EndpointPool {
        if let pool = pools[address] { return pool }
        let pool = EndpointPool(address: address, connector: self)
        // A request of an old snapshot may still ask: what it opens must not stay.
        if isRetired { pool.retire() } else { pools[address] = pool }
        return pool
    }

    /// Calls `body` with each pool.
    func forEachPool(_ body: (EndpointPool) -> Void) {
        for pool in pools.values { body(pool) }
    }

    /// Lets go of endpoints that have left the configuration.
    func keep(only addresses: Set<SocketAddress>) {
        for (address, pool) in pools {
            if addresses.contains(address) { pool.revive() } else { pool.retire() }
        }
        pools = pools.filter { !$0.value.isRetired }
    }

    /// No new requests come: closes what is idle and lets what is busy finish.
    func retirePools() { forEachPool { $0.retire() } }

    /// Leaves for good, with all its pools.
    func retire() {
        isRetired = true
        retirePools()
        pools = [:]
    }
}

extension TLSClientSettings {
    init(_ tls: UpstreamTLS, speaksHTTP2: Bool) {
        self.init()
        speaksTLS12 = tls.versions.contains(.v1_2)
        speaksTLS13 = tls.versions.contains(.v1_3)
        ciphers = tls.ciphers
        identity = tls.identity.map { Identity(chain: $0.chain.bytes, key: $0.key.bytes) }
        if tls.verifies {
            // Without authorities nobody is trusted: verifying must not turn into not verifying.
            authorities = tls.trust?.authorities.bytes ?? []
            revocations = tls.trust?.revocations?.bytes
            verifiedName = tls.name
        }
        depth = tls.depth
        indicatedName = tls.indicatesName ? tls.name : nil
        protocols = speaksHTTP2 ? ["h2"] : []
    }
}
