import Kubernetes
import Translation

/// The Ingresses of the store, translated, the oldest first. An Ingress is translated again only when it,
/// or an object that it refers to, changed.
struct IngressRegister: Sendable {
    private var known: [ObjectIdentifier: TranslatedIngress] = [:]
    private(set) var ordered: [TranslatedIngress] = []

    struct Changes {
        /// The oldest first.
        var added: [TranslatedIngress] = []
        var removed: [TranslatedIngress] = []
    }

    /// Takes in what the store holds now.
    mutating func update(from store: ObjectStore, _ reader: IngressReader) -> Changes {
        var changes = Changes()
        var kept = 0
        for source in store.ingresses.allShared {
            let identifier = ObjectIdentifier(source)
            if let former = known[identifier] {
                if former.dependencies.allSatisfy({ $0.holds(in: store) }) {
                    kept += 1
                    continue
                }
                changes.removed.append(former)
            }
            changes.added.append(reader.read(source))
        }
        if kept + changes.removed.count < known.count { findGone(in: store, &changes) }
        guard !changes.added.isEmpty || !changes.removed.isEmpty else { return changes }
        changes.added.sort { $0.seniority < $1.seniority }
        apply(changes)
        return changes
    }

    /// Everything that is there, about to be translated anew.
    mutating func removeAll() -> [TranslatedIngress] {
        let all = ordered
        self = IngressRegister()
        return all
    }

    /// Adds Ingresses that the store no longer holds to those that are removed.
    private func findGone(in store: ObjectStore, _ changes: inout Changes) {
        for ingress in ordered {
            let present = store.ingresses.shared(ingress.source.object.metadata.key)
            if present !== ingress.source { changes.removed.append(ingress) }
        }
    }

    private mutating func apply(_ changes: Changes) {
        for ingress in changes.removed { known[ObjectIdentifier(ingress.source)] = nil }
        for ingress in changes.added { known[ObjectIdentifier(ingress.source)] = ingress }
        if !changes.removed.isEmpty {
            let gone = Set(changes.removed.map(ObjectIdentifier.init))
            ordered.removeAll { gone.contains(ObjectIdentifier($0)) }
        }
        var merged: [TranslatedIngress] = []
        merged.reserveCapacity(ordered.count + changes.added.count)
        var next = 0
        for ingress in changes.added {
            while next < ordered.count, ordered[next].seniority < ingress.seniority {
                merged.append(ordered[next])
                next += 1
            }
            merged.append(ingress)
        }
        merged.append(contentsOf: ordered[next...])
        ordered = merged
    }
}
