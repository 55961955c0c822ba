import Kubernetes
import Translation

/// The Ingresses of the store, translated, the oldest first. An Ingress is translated again only when it,
/// or an object that it refers to, changed.
struct IngressRegister: Sendable {
    private var known: [ObjectIdentifier: TranslatedIngress] = [:]
    private(set) var ordered: [TranslatedIngress] = []

    struct Changes {
        /// The oldest first, both.
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
                if reader.holds(former) {
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
        changes.removed.sort { $0.seniority < $1.seniority }
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
        var present: Set<ObjectIdentifier> = []
        present.reserveCapacity(store.ingresses.count)
        for source in store.ingresses.allShared { present.insert(ObjectIdentifier(source)) }
        for (identifier, ingress) in known where !present.contains(identifier) { changes.removed.append(ingress) }
    }

    private mutating func apply(_ changes: Changes) {
        for ingress in changes.removed { known[ObjectIdentifier(ingress.source)] = nil }
        for ingress in changes.added { known[ObjectIdentifier(ingress.source)] = ingress }
        if changes.removed.count + changes.added.count < ordered.count / 16 {
            for ingress in changes.removed { remove(ingress) }
            for ingress in changes.added { ordered.insert(ingress, at: firstIndex(notOlderThan: ingress)) }
        } else {
            ordered = known.values.sorted { $0.seniority < $1.seniority }
        }
    }

    private mutating func remove(_ ingress: TranslatedIngress) {
        var index = firstIndex(notOlderThan: ingress)
        while index < ordered.count, ordered[index] !== ingress { index += 1 }
        if index < ordered.count { ordered.remove(at: index) }
    }

    private func firstIndex(notOlderThan ingress: TranslatedIngress) -> Int {
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].seniority < ingress.seniority { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
