import Kubernetes
import Model
import Translation

/// Translates the objects so that a change which is rejected leaves the object's last good version in use.
///
/// A new object that is rejected is left out alone. One that was served before is put back as it was,
/// and the whole is translated again, so that everything that depends on it fits together.
struct LastGoodVersions {
    /// The objects that the last translation was made of, and which of them it didn't accept.
    private var used = ObjectStore()
    private var rejected: Set<ObjectReference> = []

    /// - Parameter translate: Turns objects into a model; the same objects must give the same model.
    mutating func translate(_ newest: ObjectStore, _ translate: (ObjectStore) -> Translation) -> Translation {
        let first = translate(newest)
        var objects = newest
        var restored: Set<ObjectReference> = []
        for reference in first.rejected where !rejected.contains(reference) {
            guard let last = used[reference], last != newest[reference] else { continue }
            objects.put(last)
            restored.insert(reference)
        }
        var result = first
        if !restored.isEmpty {
            result = translate(objects)
            result.diagnostics = Self.join(first.diagnostics, result.diagnostics, restored)
            result.names.formUnion(first.names)
        }
        used = objects
        rejected = result.rejected
        return result
    }

    /// What the newest versions of the restored objects were rejected for, and all about the others.
    private static func join(
        _ first: [Diagnostic], _ second: [Diagnostic], _ restored: Set<ObjectReference>
    ) -> [Diagnostic] {
        func isRestored(_ diagnostic: Diagnostic) -> Bool {
            guard let kind = ObjectKind(rawValue: diagnostic.origin.kind) else { return false }
            let origin = diagnostic.origin
            return restored.contains(ObjectReference(kind: kind, namespace: origin.namespace, name: origin.name))
        }
        var notes: [Diagnostic] = []
        var noted: Set<Origin> = []
        let faults = first.filter(isRestored)
        for fault in faults where fault.severity == .rejected {
            let origin = fault.origin.withoutLine
            guard noted.insert(origin).inserted else { continue }
            notes.append(Diagnostic(.note, origin, field: "", "the last good version of this object stays in use"))
        }
        return faults + notes + second.filter { !isRestored($0) }
    }
}

extension Origin {
    /// The object as such.
    fileprivate var withoutLine: Origin {
        var origin = self
        origin.line = nil
        return origin
    }
}
