public import Kubernetes
public import Linux
public import Logging
public import Model
import Synchronization
public import Translation

/// What the data plane made of a model.
public enum PublishResult: Sendable, Equatable {
    /// It is live; with what was found to be wrong with it only then.
    case published([Diagnostic])
    /// The model can't be run, and why; the one before stays in use.
    case refused(String)
}

/// Keeps the proxy doing what the manifests say.
///
/// Whenever files or resolved names change it reads what changed, translates all objects into a model
/// and, when that differs from the one in use, publishes it. Nothing that is wrong with the
/// configuration ends it: mistakes become diagnostics, and what was good before stays.
public actor Reconciler {
    /// Turns objects and the addresses of names into a model, by the rules of the dialects.
    public typealias Translate = @Sendable (ObjectStore, ResolvedNames) -> Translation
    /// Hands a model to the data plane, off its workers.
    public typealias Publish = @Sendable (ProxyModel) -> PublishResult

    private let source: FileSource
    private let names: DNSResolver
    private let record: ReconcileRecord
    private let logger: Logger
    private let translateObjects: Translate
    private let publish: Publish

    private let loader = ManifestLoader()
    private var manifests = ManifestSet()
    private var versions = LastGoodVersions()
    private var model: ProxyModel?
    /// What the data plane found to be wrong with the model in use.
    private var findings: [Diagnostic] = []
    private var usedAnswers: ResolvedNames = [:]
    /// When the objects mean something else although nobody changed them: a certificate expires.
    private var validUntil = Int64.max
    private var expiry: Task<Void, Never>?
    private var told: Set<Diagnostic> = []
    private var needsSweep = false

    /// Something besides files and names is other than it was when translation asked for it.
    private let surroundingsChanged = Atomic<Bool>(false)
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private var thread: Linux.Thread?

    /// Diagnostics that one look writes to the log; `gatehouse check` shows the rest.
    private static let loggedDiagnostics = 100
    /// Documents from which on reading them leaves enough garbage behind to be worth a sweep.
    private static let documentsWorthSweeping = 1000
    /// How long the first look waits for names to be resolved.
    private static let firstNamesSeconds = 2

    public init(
        source: FileSource, names: DNSResolver, record: ReconcileRecord, logger: Logger,
        translate: @escaping Translate, publish: @escaping Publish
    ) {
        self.source = source
        self.names = names
        self.record = record
        self.logger = logger
        self.translateObjects = translate
        self.publish = publish
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Reads everything for the first time and publishes it, complete with the addresses of names if
    /// those come soon.
    ///
    /// - Throws: When the system has no descriptor or thread left for watching files.
    /// - Returns: What came of it; the diagnostics are in the record.
    public func start() async throws(Errno) -> ReconcileOutcome {
        let signal = signal
        thread = try source.start { signal.yield() }
        names.notify { signal.yield() }
        let began = Instant.now()
        await readChanges()
        var translation = translation()
        if !translation.names.isEmpty {
            names.want(translation.names)
            await names.settled(withinSeconds: Self.firstNamesSeconds)
            translation = self.translation()
        }
        return finish(translation, since: began)
    }

    /// Follows changes until `stop`.
    public func run() async {
        for await _ in signals { await reconcile() }
        expiry?.cancel()
        source.stop()
        names.stop()
        thread.take()?.join()
    }

    /// Reads everything again, changed or not (SIGHUP).
    public nonisolated func rereadNow() { source.rereadNow() }

    /// Translates again, though no file and no name has changed.
    public nonisolated func lookAgain() {
        surroundingsChanged.store(true, ordering: .releasing)
        signal.yield()
    }

    /// Ends `run`.
    public nonisolated func stop() { signal.finish() }

    // MARK: One look

    @discardableResult
    private func reconcile() async -> ReconcileOutcome {
        let began = Instant.now()
        let hasChanges = await readChanges()
        let mustLook = surroundingsChanged.exchange(false, ordering: .acquiringAndReleasing)
        guard hasChanges || mustLook || names.answers != usedAnswers || validUntil <= Int64(WallClock.now().seconds)
        else {
            return .unchanged
        }
        let translation = translation()
        names.want(translation.names)
        return finish(translation, since: began)
    }

    private func finish(_ translation: Translation, since began: Instant) -> ReconcileOutcome {
        let former = model
        let outcome = publish(translation.model, replacing: former)
        let diagnostics = manifests.diagnostics.map(Diagnostic.init) + translation.diagnostics + findings
        let elapsed = Duration.nanoseconds(Int64(Instant.now().nanoseconds(since: began)))
        tell(diagnostics)
        log(outcome, isFirst: former == nil, elapsed)
        record.update { values in
            values.last = outcome
            values.lastDuration = elapsed
            values.diagnostics = diagnostics
            if outcome.isSuccess { values.lastSuccessSeconds = WallClock.now().seconds }
            switch outcome {
            case .published:
                values.published += 1
                values.model = translation.model
            case .refused: values.refused += 1
            case .unchanged: break
            }
        }
        if needsSweep { Memory.returnFreePages() }
        needsSweep = false
        return outcome
    }

    /// - Returns: Whether there were any.
    @discardableResult
    private func readChanges() async -> Bool {
        let (changes, problems) = source.take()
        for (folder, error) in problems.sorted(by: { $0.key < $1.key }) {
            logger.warning("changes in \(folder) will not be noticed: it can't be watched: \(error)")
        }
        for path in changes.removed { manifests.remove(path) }
        var documents = 0
        for file in await loader.load(changes.changed, known: manifests) {
            documents += file.documents.count
            manifests.put(file)
        }
        if documents >= Self.documentsWorthSweeping { needsSweep = true }
        return !changes.isEmpty
    }

    private func translation() -> Translation {
        let answers = names.answers
        usedAnswers = answers
        let translation = versions.translate(manifests.store) { translateObjects($0, answers) }
        follow(validUntil: translation.validUntil)
        return translation
    }

    /// Looks again when a certificate has expired.
    private func follow(validUntil: Int64) {
        guard validUntil != self.validUntil else { return }
        self.validUntil = validUntil
        expiry?.cancel()
        expiry = nil
        guard validUntil != .max else { return }
        expiry = Task { [signal] in
            while !Task.isCancelled {
                let left = validUntil - Int64(WallClock.now().seconds)
                if left <= 0 {
                    signal.yield()
                    return
                }
                // The wall clock may be set meanwhile; an hour is short enough to notice.
                try? await Task.sleep(for: .seconds(min(left, 3600)))
            }
        }
    }

    private func publish(_ model: ProxyModel, replacing former: ProxyModel?) -> ReconcileOutcome {
        guard model != former else { return .unchanged }
        if let fault = model.faults(beside: former).first { return .refused("\(fault)") }
        switch publish(model) {
        case .published(let findings):
            self.model = model
            self.findings = findings
            return .published(ModelDiff(from: former ?? ProxyModel(), to: model))
        case .refused(let reason): return .refused(reason)
        }
    }
}

// MARK: The log

extension Reconciler {
    /// Logs diagnostics that weren't there at the last look.
    private func tell(_ diagnostics: [Diagnostic]) {
        let new = diagnostics.filter { !told.contains($0) }
        told = Set(diagnostics)
        for diagnostic in new.prefix(Self.loggedDiagnostics) {
            switch diagnostic.severity {
            case .note: logger.info("\(diagnostic)")
            case .warning: logger.warning("\(diagnostic)")
            case .rejected: logger.error("\(diagnostic)")
            }
        }
        if new.count > Self.loggedDiagnostics {
            logger.warning("and \(new.count - Self.loggedDiagnostics) more; gatehouse check shows them all")
        }
    }

    private func log(_ outcome: ReconcileOutcome, isFirst: Bool, _ elapsed: Duration) {
        let time = "\(elapsed / .milliseconds(1))".prefix { $0 != "." } + " ms"
        switch outcome {
        case .published(let diff) where isFirst:
            let content = diff.isEmpty ? "there is nothing to serve yet" : "\(diff)"
            logger.info("configuration loaded in \(time): \(content)")
        case .published(let diff): logger.info("configuration reloaded in \(time): \(diff)")
        case .unchanged: logger.debug("configuration looked at in \(time): no change")
        case .refused(let reason):
            logger.error("configuration not used, the one before stays: \(reason)")
        }
    }
}
