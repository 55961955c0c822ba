import Balancing
import EventLoop
import Filters
import Linux
import TLS
import Telemetry

/// Everything that workers share, all of it: nothing else crosses threads but mail.
///
/// It outlives snapshots and is keyed by identity, so a reload forgets nothing.
final class SharedState: Sendable {
    /// The newest snapshot.
    let snapshots = SnapshotCell(Snapshot.empty)
    /// Load, latency and health of endpoints.
    let endpoints = EndpointRegistry()
    /// Which endpoints clients were sent to, for Services that keep them there.
    let clients = ClientTable()
    /// How much each client has asked for.
    let limits = SharedLimits()
    /// Threads that check passwords.
    let passwords: PasswordThreads
    /// Metric shards, series and the access log's channels.
    let metrics: Metrics
    /// What clients resume their TLS sessions by.
    let resumption = Resumption()
    /// OCSP responses that were fetched for certificates.
    let staples = StapleBook()
    /// What clients get that ask for no host with a certificate of its own, where the model names none; nil while
    /// nobody listens for TLS.
    let fakeCertificate: Certificate?
    let logFormat: AccessLogFormat?
    let processID: Int
    /// What templates' `$hostname` stands for.
    let machineName: [UInt8]
    /// Clients may speak HTTP/2 on the HTTP port, with prior knowledge.
    let acceptsCleartextHTTP2: Bool
    /// Where failed attempts are told of; must not wait.
    let reportFault: (@Sendable (UpstreamFault) -> Void)?

    init(
        metrics: Metrics, fakeCertificate: Certificate?, logFormat: AccessLogFormat?, processID: Int,
        machineName: [UInt8] = [], acceptsCleartextHTTP2: Bool = false,
        reportFault: (@Sendable (UpstreamFault) -> Void)? = nil
    ) throws(Errno) {
        passwords = try PasswordThreads()
        self.metrics = metrics
        self.fakeCertificate = fakeCertificate
        self.logFormat = logFormat
        self.processID = processID
        self.machineName = machineName
        self.acceptsCleartextHTTP2 = acceptsCleartextHTTP2
        self.reportFault = reportFault
    }
}
