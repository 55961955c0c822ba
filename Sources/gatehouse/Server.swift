import Admin
import ControlPlane
import Filters
import Foundation
import IngressDialect
import Linux
import Logging
import Model
import Proxy
import Synchronization
import Telemetry
import Translation

/// The parts of a running proxy and how they are joined: this is where a model passes from the control
/// plane to the data plane.
struct Server {
    private let options: ServeCommand
    private let logger: Logger

    /// Descriptors that are left for everything but connections of workers.
    private static let reservedDescriptors = 128

    init(_ options: ServeCommand, _ logger: Logger) {
        self.options = options
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT.
    func run() async throws {
        guard options.demoBackends else { return try await run(demonstration: nil) }
        let demo = try start("the demo backend") { () throws(Errno) in try DemoBackend() }
        try await run(demonstration: demo.endpoint)
        demo.stop()
    }

    private func run(demonstration: Endpoint?) async throws {
        Processors.disableCoreDumps()
        let controller = ControllerMetrics()
        let geo = try makeGeoSource()
        let handover = Handover(controller, geo)
        let reconciler = try makeReconciler(handover, geo, demonstration: demonstration)
        if case .refused(let reason) = try await reconciler.start() {
            throw StartFault("the configuration cannot be used: \(reason)")
        }
        let workers = options.workers.count(configured: handover.record.values.model.settings.workers)
        let metrics = Metrics(
            identity: MetricIdentity(
                controllerClass: options.controller.controllerClass, release: VersionCommand.version),
            workers: workers, accessLog: try openAccessLog(workers: workers), controller: controller)
        try await serve(reconciler, handover, geo, metrics, Health(metrics.shards), workers)
    }

    private func serve(
        _ reconciler: Reconciler, _ handover: Handover, _ geo: GeoSource, _ metrics: Metrics, _ health: Health,
        _ workers: Int
    ) async throws {
        try refuseRejected(handover.record)
        try requireFreePorts()
        let admin = try startAdmin(health, metrics)
        let faults = FaultLog()
        let plane = try startDataPlane(handover, metrics, workers, faults)
        health.begin()
        report(plane, admin, handover.record)
        let following = Task { await reconciler.run() }
        let telling = Task { [logger] in await faults.run(logger) }
        try await Shutdown.follow(
            Shutdown.Actions(
                reread: {
                    reconciler.rereadNow()
                    geo.rereadNow()
                }, reopenLogs: { metrics.accessLog?.reopen() }))
        let grace =
            options.shutdownGrace?.duration ?? handover.record.values.model.settings.shutdownGrace ?? .seconds(30)
        logger.notice("ending: requests under way have up to \(grace.words) to finish")
        health.drain()
        plane.drain(grace: grace)
        reconciler.stop()
        geo.stop()
        await following.value
        faults.stop()
        await telling.value
        metrics.accessLog?.stop()
        admin.stop()
    }

    // MARK: Control plane

    /// What says where addresses are, once a configuration asks for it.
    private func makeGeoSource() throws -> GeoSource {
        try start("following the databases of places") { () throws(Errno) in
            try GeoSource(path: options.geoipDirectory, isWatching: !options.noWatch) { [logger] line in
                logger.info("\(line)")
            }
        }
    }

    private func makeReconciler(
        _ handover: Handover, _ geo: GeoSource, demonstration: Endpoint?
    ) throws -> Reconciler {
        var translation = options.controller.translation
        translation.demonstrationEndpoint = demonstration
        translation.ownListeners = ownListeners
        translation.securePort = options.httpsPort
        let source = try start("watching manifests") { () throws(Errno) in
            try FileSource(paths: options.manifests.paths, isWatching: !options.noWatch)
        }
        let reconciler = Reconciler(
            source: source, names: DNSResolver(), record: handover.record, logger: logger,
            translator: IngressTranslator(options: translation), geo: geo
        ) { model in handover.publish(model) }
        geo.notify { [weak reconciler] in reconciler?.lookAgain() }
        return reconciler
    }

    /// What no backend may be: a proxy that sends to itself never comes to an end.
    private var ownListeners: OwnListeners {
        let bound = [options.address?.address ?? .anyV6, options.adminAddress.address]
        let everywhere = bound.contains(.anyV4) || bound.contains(.anyV6)
        let addresses = everywhere ? Interfaces.addresses() : bound
        return OwnListeners(
            ports: Set([options.httpPort, options.httpsPort, options.adminPort].filter { $0 != 0 }),
            localAddresses: Set(addresses.compactMap { LiteralAddress("\($0)") }))
    }

    private func refuseRejected(_ record: ReconcileRecord) throws {
        guard options.strict else { return }
        let rejected = record.values.diagnostics.filter { $0.severity == .rejected }
        guard !rejected.isEmpty else { return }
        throw StartFault("\(rejected.count) rejected, and --strict was given; the reasons stand above")
    }

    // MARK: Data plane

    private func startDataPlane(
        _ handover: Handover, _ metrics: Metrics, _ workers: Int, _ faults: FaultLog
    ) throws -> DataPlane {
        let descriptors = Processors.raiseDescriptorLimit()
        let limit = max((descriptors - Self.reservedDescriptors) / workers, 16)
        let format = metrics.accessLog == nil ? nil : try? AccessLogFormat(hostName: ProcessInfo.processInfo.hostName)
        var configuration = DataPlane.Configuration(
            listeners: listeners, workers: workers, connectionsPerWorker: limit, logFormat: format,
            processID: Int(ProcessInfo.processInfo.processIdentifier), hostName: ProcessInfo.processInfo.hostName,
            reportFault: { faults.take($0) })
        configuration.acceptsCleartextHTTP2 = options.acceptsCleartextHTTP2
        configuration.reportStaple = { faults.take($0) }
        let plane = try start("the workers") { () throws(Errno) in
            try DataPlane(configuration, serving: handover.takeFirst(), geo: handover.geo.databases, metrics: metrics)
        }
        handover.attach(plane)
        return plane
    }

    /// Workers share their ports, and so the kernel lets them share with any process of the same user. Each port is
    /// asked for alone first: a second Gatehouse must fail before it takes connections away from the first.
    private func requireFreePorts() throws {
        for listener in listeners where listener.address.port != 0 {
            do throws(Errno) {
                _ = try Socket.listen(on: listener.address, sharesPort: false, acceptsV4: listener.acceptsV4)
            } catch {
                let option = listener.speaksTLS ? "--https-port" : "--http-port"
                throw StartFault("cannot listen on \(listener.address)", error, remedy: Self.remedy(for: error, option))
            }
        }
    }

    private static func remedy(for error: Errno, _ option: String) -> String {
        switch error {
        case .addressNotAvailable: "give --address one of this machine's addresses"
        case .accessDenied: "choose a port above 1023 with \(option), or give the process CAP_NET_BIND_SERVICE"
        default: "choose another with \(option) or --address"
        }
    }

    private var listeners: [ListenerAddress] {
        [listener(port: options.httpPort, speaksTLS: false), listener(port: options.httpsPort, speaksTLS: true)]
    }

    private func listener(port: UInt16, speaksTLS: Bool) -> ListenerAddress {
        if let address = options.address?.address {
            return ListenerAddress(address: SocketAddress(address, port: port), speaksTLS: speaksTLS)
        }
        return ListenerAddress(address: SocketAddress(.anyV6, port: port), acceptsV4: true, speaksTLS: speaksTLS)
    }

    private func startAdmin(_ health: Health, _ metrics: Metrics) throws -> AdminServer {
        let address = SocketAddress(options.adminAddress.address, port: options.adminPort)
        do throws(Errno) {
            return try AdminServer(on: address, source: AdminSource(health: health, metrics: metrics))
        } catch {
            throw StartFault(
                "cannot listen on \(address) for health and metrics", error,
                remedy: "choose another with --admin-port or --admin-address")
        }
    }

    private func openAccessLog(workers: Int) throws -> AccessLog? {
        guard options.accessLog != "off" else { return nil }
        let destination = options.accessLog == "-" ? LogDestination.standardOutput : .file(options.accessLog)
        return try start("the access log \(options.accessLog)") { () throws(Errno) in
            try AccessLog(to: destination, workers: workers) { logger.error("\($0)") }
        }
    }

    private func start<Part: ~Copyable>(
        _ what: String, _ make: () throws(Errno) -> Part
    ) throws(StartFault) -> Part {
        do throws(Errno) { return try make() } catch { throw StartFault("cannot start \(what)", error) }
    }

    // MARK: What is said

    private func report(_ plane: DataPlane, _ admin: AdminServer, _ record: ReconcileRecord) {
        let values = record.values
        for (address, scheme) in zip(plane.addresses, ["http", "https"]) {
            Printing.remark("listening on \(scheme)://\(address)")
        }
        Printing.remark("health and metrics on http://\(admin.address)")
        let routes = values.model.virtualHosts.reduce(0) { $0 + $1.routes.count }
        let counts = DiagnosticReport.Counts(values.diagnostics)
        Printing.remark(
            [
                "ready: \(counted(values.model.virtualHosts.count, "host"))", counted(routes, "route"),
                counted(values.model.upstreams.count, "upstream"), "\(counts.rejected) rejected",
                counted(counts.warnings, "warning"), counted(counts.notes, "note"),
            ].joined(separator: ", "))
    }
}

/// Carries models from the control plane to the data plane, which does not run yet when the first one comes.
private final class Handover: Sendable {
    let record: ReconcileRecord
    let geo: GeoSource
    private let state = Mutex((first: ProxyModel(), plane: DataPlane?.none))
    private let filterCheck = Mutex(FilterCheck())

    init(_ metrics: ControllerMetrics, _ geo: GeoSource) {
        self.geo = geo
        record = ReconcileRecord { values in
            guard case .published = values.last else { return metrics.reloadFailed() }
            let (seconds, attoseconds) = values.lastDuration.components
            metrics.reloadSucceeded(
                at: values.lastSuccessSeconds,
                duration: UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000),
                hash: UInt64(values.published), rejected: values.diagnostics.count { $0.severity == .rejected })
        }
    }

    /// Makes a model live, unless it holds something that the data plane cannot run.
    func publish(_ model: ProxyModel) -> PublishResult {
        let plane = state.withLock { state in
            if state.plane == nil { state.first = model }
            return state.plane
        }
        let findings = filterCheck.withLock { ModelFindings(model, &$0) }
        if let fault = findings.refusal { return .refused(fault) }
        return .published(findings.diagnostics + (plane?.apply(model, geo: geo.databases) ?? []))
    }

    func takeFirst() -> ProxyModel { state.withLock { $0.first } }

    func attach(_ plane: DataPlane) { state.withLock { $0.plane = plane } }
}
