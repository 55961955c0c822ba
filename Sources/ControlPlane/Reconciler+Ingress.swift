public import IngressDialect
import Kubernetes
public import Logging
import Model
import Synchronization
import Translation

extension Reconciler {
    /// A reconciler for Ingresses.
    ///
    /// - Parameters:
    ///   - translator: Keeps what it translated, so that one edit among many objects costs little.
    ///   - geo: Says which databases of places are open.
    public init(
        source: FileSource, names: DNSResolver, record: ReconcileRecord, logger: Logger,
        translator: IngressTranslator, geo: GeoSource? = nil, publish: @escaping Publish
    ) {
        let translation = IngressTranslation(translator)
        self.init(
            source: source, names: names, record: record, logger: logger,
            translate: { objects, names in
                var translated = translation.translate(objects, names: names)
                if let geo {
                    let found = geo.follow(&translated.model.settings.geo)
                    translated.diagnostics += found
                }
                return translated
            }, publish: publish)
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
