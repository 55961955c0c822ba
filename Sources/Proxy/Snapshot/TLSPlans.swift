import Bytes
import Filters
import Linux
import Model
import Routing
import TLS

/// What a worker makes of a model's certificates and TLS settings, each when a client first asks for it: five thousand
/// certificates cost nothing until they are used, and then a fraction of a millisecond once.
///
/// Belongs to a worker's snapshot. What means the same in the next one is taken over.
final class TLSPlans {
    /// How TLS is spoken for a virtual host, or for names that none answers for.
    final class Plan {
        let certificate: Certificate
        /// Nil is the listener's.
        let context: TLSContext?
        let scope: [UInt8]
        let policy: ClientCertificate?
        let securities = KnownSecurities()

        init(certificate: Certificate, context: TLSContext?, scope: [UInt8], policy: ClientCertificate?) {
            self.certificate = certificate
            self.context = context
            self.scope = scope
            self.policy = policy
        }
    }

    private struct ContextKey: Hashable {
        var settings: TLSServerSettings
        var verification: ClientVerification?
    }

    /// Every handshake begins with this one.
    let listener: TLSContext
    private let shared: Snapshot
    private let settings: TLSServerSettings
    private let resumption: Resumption
    /// Nil where responses are not fetched.
    private let staples: StapleBook?
    private let fallback: Certificate
    private var contexts: [ContextKey: TLSContext] = [:]
    /// Nil where the bundle turned out to be no good.
    private var certificates: [CertificateID: (bundle: CertificateBundle, certificate: Certificate?)] = [:]
    private let bundles: [CertificateID: Int]
    /// Parallel to the model's virtual hosts.
    private var hosts: ContiguousArray<Plan?>
    private var defaultPlan: Plan?
    /// Some host has its connections passed through.
    let hasPassthrough: Bool

    /// - Parameter previous: of the snapshot before.
    init(
        _ shared: Snapshot, resumption: Resumption, staples: StapleBook, fallback: Certificate,
        after previous: TLSPlans?
    ) {
        self.shared = shared
        self.resumption = resumption
        self.fallback = fallback
        let model = shared.model
        self.staples = model.settings.tls.fetchesOCSPResponses ? staples : nil
        settings = TLSServerSettings(model.settings.tls, offersHTTP2: model.settings.http2.isOn)
        bundles = shared.certificateIndex
        hosts = ContiguousArray(repeating: nil, count: model.virtualHosts.count)
        hasPassthrough = shared.hasPassthrough
        listener = Self.listenerContext(settings, resumption, after: previous)
        if let previous, previous.settings == settings { contexts = previous.contexts }
        guard let previous, (previous.staples == nil) == (self.staples == nil) else { return }
        for (id, entry) in previous.certificates {
            if let index = bundles[id], model.certificates[index] == entry.bundle { certificates[id] = entry }
        }
    }

    /// Settings that cannot be used were refused before they came here; should they not have been, the ones before
    /// go on, or the standard ones.
    private static func listenerContext(
        _ settings: TLSServerSettings, _ resumption: Resumption, after previous: TLSPlans?
    ) -> TLSContext {
        if let previous, previous.settings == settings { return previous.listener }
        if let context = try? TLSContext(server: settings, resumption: resumption) { return context }
        if let previous { return previous.listener }
        do {
            return try TLSContext(server: TLSServerSettings(), resumption: resumption)
        } catch {
            preconditionFailure("the default settings are valid")
        }
    }

    /// The virtual host that answers for a name that a client indicates; nil when none does but the one for any name.
    func host(named name: ServerName?, _ scratch: inout MatchScratch) -> Int? {
        guard let name, let number = shared.router.host(named: name.bytes.span, scratch: &scratch),
            shared.router.virtualHosts[number].name != .any
        else { return nil }
        return number
    }

    /// How to go on with a client that indicates `name`; nil to break off.
    func plan(for name: ServerName?, _ scratch: inout MatchScratch) -> Plan? {
        guard let number = host(named: name, &scratch), let name else {
            return shared.model.settings.tls.rejectsUnknownNames ? nil : planForOthers()
        }
        let host = shared.router.virtualHosts[number]
        // A certificate is for the host's own name; for an alias it is good only if it says so.
        if !host.aliases.isEmpty, !host.name.isIndicated(by: name) { return make(host, for: name) }
        if let plan = hosts[number] { return plan }
        let plan = make(host, for: nil)
        hosts[number] = plan
        return plan
    }

    private func planForOthers() -> Plan {
        if let plan = defaultPlan { return plan }
        let catchAll = shared.router.virtualHosts.first { $0.name == .any }
        let plan = make(catchAll ?? VirtualHost(name: .any, origin: .builtIn), for: nil)
        defaultPlan = plan
        return plan
    }

    private func make(_ host: VirtualHost, for alias: ServerName?) -> Plan {
        var chosen = host.tls?.certificate.flatMap { certificate($0, for: alias) }
        if chosen == nil, let id = shared.model.defaultCertificate { chosen = certificate(id, for: nil) }
        let policy = host.tls?.clientCertificate
        return Plan(
            certificate: chosen ?? fallback, context: host.tls.flatMap { context(for: $0) },
            scope: ResumptionScope.digest([Array("\(host.name)".utf8)] + (policy?.scopeParts ?? [])), policy: policy)
    }

    /// What is presented, the first that can be, where OpenSSL refuses to present a host's own certificate: it asks for
    /// stronger ones where the ciphers say so.
    var standIns: [Certificate] {
        let standard = shared.model.defaultCertificate.flatMap { certificate($0, for: nil) }
        return [standard, fallback].compactMap { $0 }
    }

    private func certificate(_ id: CertificateID, for alias: ServerName?) -> Certificate? {
        guard let index = bundles[id] else { return nil }
        let bundle = shared.model.certificates[index]
        if let alias, !bundle.covers(alias.description) { return nil }
        if let entry = certificates[id] { return entry.certificate }
        let made = try? Certificate(
            chain: bundle.chain.bytes, key: bundle.key.bytes, ocspResponse: bundle.ocspResponse?.bytes,
            fetched: staples?.place(for: StapleBook.key(of: bundle.chain)))
        certificates[id] = (bundle, made)
        return made
    }

    /// The host's own context where its settings differ from the listener's.
    private func context(for tls: HostTLS) -> TLSContext? {
        var key = ContextKey(settings: settings)
        if let ciphers = tls.ciphers { key.settings.ciphers = ciphers }
        if let prefers = tls.prefersServerCiphers { key.settings.prefersOwnCiphers = prefers }
        if let policy = tls.clientCertificate, policy.demand != .none, let trust = policy.trust {
            key.verification = ClientVerification(
                authorities: trust.authorities.bytes, revocations: trust.revocations?.bytes, depth: policy.depth)
        }
        guard key.settings != settings || key.verification != nil else { return nil }
        if let context = contexts[key] { return context }
        let made = make(key)
        contexts[key] = made
        return made
    }

    /// What cannot be used asks for certificates all the same and trusts none.
    private func make(_ key: ContextKey) -> TLSContext? {
        if let context = try? TLSContext(server: key.settings, asking: key.verification, resumption: resumption) {
            return context
        }
        let verification = key.verification.map { _ in ClientVerification(authorities: []) }
        return try? TLSContext(server: settings, asking: verification, resumption: resumption)
    }
}

extension TLSServerSettings {
    /// The settings of a model.
    init(_ settings: TLSSettings, offersHTTP2: Bool) {
        self.init()
        speaksTLS12 = settings.versions.contains(.v1_2)
        speaksTLS13 = settings.versions.contains(.v1_3)
        ciphers = settings.ciphers
        prefersOwnCiphers = settings.prefersServerCiphers
        groups = settings.groups
        dhParameters = settings.dhParameters?.bytes
        self.offersHTTP2 = offersHTTP2
        keepsSessions = settings.keepsSessions
        issuesTickets = settings.issuesTickets
        sessionSeconds = Int(clamping: settings.sessionTimeout.components.seconds)
        acceptsEarlyData = settings.acceptsEarlyData
    }
}

extension HostName {
    /// Whether a client that indicates `name` means the host itself and none of its aliases.
    fileprivate func isIndicated(by name: ServerName) -> Bool {
        switch self {
        case .exact(let own): return name.bytes.elementsEqual(own.utf8)
        case .wildcard(let suffix):
            guard let dot = name.bytes.firstIndex(of: .dot) else { return false }
            return name.bytes[(dot + 1)...].elementsEqual(suffix.utf8)
        case .any: return true
        }
    }
}

extension ClientCertificate {
    /// What a session must agree in to be resumed where this is asked.
    fileprivate var scopeParts: [[UInt8]] {
        [
            Array(demand.rawValue.utf8), Array("\(depth)".utf8), trust?.authorities.bytes ?? [],
            trust?.revocations?.bytes ?? [],
        ]
    }
}
