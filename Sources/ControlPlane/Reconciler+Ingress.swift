public import IngressDialect
import Kubernetes
public import Logging
import Synchronization
import Translation

extension Reconciler {
    /// A reconciler for Ingresses.
    ///
    /// - Parameter translator: Keeps what it translated, so that one edit among many objects costs little.
    public init(
        source: FileSource, names: DNSResolver, record: ReconcileRecord, logger: Logger,
        translator: IngressTranslator, publish: @escaping Publish
    ) {
        let translation = IngressTranslation(translator)
        self.init(
            source: source, names: names, record: record, logger: logger,
            translate: { translation.translate($0, names: $1) }, publish: publish)
    }
}

/// Owns a translator for a reconciler, which uses it from one task at a time.
private final class IngressTranslation: Sendable {
    private let translator: Mutex<IngressTranslator>

    init(_ translator: IngressTranslator) { self.translator = Mutex(translator) }

    func translate(_ objects: ObjectStore, names: ResolvedNames) -> Translation {
        translator.withLock { $0.translate(objects, names: names) }
    }
}
