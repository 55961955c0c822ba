public import Kubernetes

/// The newest usable version of every manifest file, and the objects they give together.
///
/// A file that can't be read or parsed keeps its last good version; an object
/// that is rejected keeps the last good version that the same file gave. An object that several files
/// define is taken from the last of them in the order of paths, as applying them one after another would.
public struct ManifestSet: Sendable {
    /// The objects to translate.
    public private(set) var store = ObjectStore()

    private var files: [String: ManifestFile] = [:]
    /// Why the newest version of a file isn't used.
    private var faults: [String: [ManifestDiagnostic]] = [:]
    /// Last good versions of objects whose newest one is rejected, by file.
    private var kept: [String: [ObjectReference: KubernetesObject]] = [:]
    /// The files that give an object, in the order of paths.
    private var givers: [ObjectReference: [String]] = [:]
    private var contested: Set<ObjectReference> = []
    /// Files that have something to say beside their objects.
    private var remarkable: Set<String> = []

    public init() {}

    /// Whether a version of this file has been read, usable or not.
    public func knows(_ path: String) -> Bool { files[path] != nil || faults[path] != nil }

    /// The version of a file that is used.
    public func file(at path: String) -> ManifestFile? { files[path] }

    /// Takes in a new version of a file.
    public mutating func put(_ file: ManifestFile) {
        guard file.isUsable else {
            faults[file.path] = file.faults
            return
        }
        faults[file.path] = nil
        let path = file.path
        let former = contents(of: path)
        files[path] = file
        kept[path] = nil
        var objects = contents(of: path)
        var rescued: [ObjectReference: KubernetesObject] = [:]
        for reference in file.documents.lazy.flatMap(\.rejected) where objects[reference] == nil {
            guard let last = former[reference] else { continue }
            objects[reference] = last
            rescued[reference] = last.object
        }
        if !rescued.isEmpty { kept[path] = rescued }
        replace(former, by: objects, at: path)
        let isRemarkable = file.documents.contains { !$0.diagnostics.isEmpty || !$0.skipped.isEmpty }
        if isRemarkable { remarkable.insert(path) } else { remarkable.remove(path) }
    }

    /// Forgets a file that is gone, with its objects.
    public mutating func remove(_ path: String) {
        faults[path] = nil
        let former = contents(of: path)
        files[path] = nil
        kept[path] = nil
        remarkable.remove(path)
        replace(former, by: [:], at: path)
    }

    // MARK: Diagnostics

    /// Everything there is to say about the files, in the order of paths and lines.
    public var diagnostics: [ManifestDiagnostic] {
        var all: [ManifestDiagnostic] = []
        for path in remarkable.union(faults.keys).sorted() {
            for var fault in faults[path] ?? [] {
                if files[path] != nil { fault.fault += " (its last good version stays in use)" }
                all.append(fault)
            }
            all += files[path]?.documents.flatMap(\.diagnostics) ?? []
            for reference in (kept[path] ?? [:]).keys.sorted() { all.append(keptNote(reference, path)) }
        }
        for reference in contested.sorted() { all += contestNotes(reference) }
        return all + remarkable.sorted().compactMap { files[$0] }.skippedKinds
    }

    private func keptNote(_ reference: ObjectReference, _ path: String) -> ManifestDiagnostic {
        ManifestDiagnostic(
            severity: .note, file: path, kind: reference.kind.rawValue, namespace: reference.namespace,
            name: reference.name, fault: "the last good version of this object stays in use")
    }

    /// A warning for each definition of an object but the one that counts.
    private func contestNotes(_ reference: ObjectReference) -> [ManifestDiagnostic] {
        let definitions = (givers[reference] ?? []).flatMap { path in
            (files[path]?.objects.filter { $0.reference == reference } ?? []).map(\.metadata.source)
        }
        guard let winner = definitions.last else { return [] }
        return definitions.dropLast().map { source in
            ManifestDiagnostic(
                severity: .warning, file: source.file, line: source.firstLine, kind: reference.kind.rawValue,
                namespace: reference.namespace, name: reference.name,
                fault: "defined again at \(winner.file):\(winner.firstLine), which is the one that counts",
                remedy: "remove one of them")
        }
    }

    // MARK: Objects

    /// An object and which text it comes from: the same text at the same place needs no second look.
    private struct Content {
        var object: KubernetesObject
        var document: DocumentIdentity?
    }

    private func contents(of path: String) -> [ObjectReference: Content] {
        guard let file = files[path] else { return [:] }
        var contents: [ObjectReference: Content] = [:]
        contents.reserveCapacity(file.documents.count)
        for (reference, object) in kept[path] ?? [:] { contents[reference] = Content(object: object) }
        for document in file.documents {
            for object in document.objects {
                contents[object.reference] = Content(object: object, document: document.identity)
            }
        }
        return contents
    }

    private mutating func replace(
        _ former: [ObjectReference: Content], by objects: [ObjectReference: Content], at path: String
    ) {
        for (reference, content) in objects {
            if former[reference] == nil {
                give(reference, path)
            } else if let identity = content.document, identity == former[reference]?.document {
                continue
            }
            if givers[reference]?.last == path { store.put(content.object) }
        }
        for reference in former.keys where objects[reference] == nil { withdraw(reference, path) }
        markRepeated(at: path)
    }

    private mutating func give(_ reference: ObjectReference, _ path: String) {
        var paths = givers[reference] ?? []
        paths.insert(path, at: paths.firstIndex { $0 > path } ?? paths.endIndex)
        givers[reference] = paths
        if paths.count > 1 { contested.insert(reference) }
    }

    private mutating func withdraw(_ reference: ObjectReference, _ path: String) {
        let paths = (givers[reference] ?? []).filter { $0 != path }
        if paths.count < 2 { contested.remove(reference) }
        guard let heir = paths.last else {
            givers[reference] = nil
            store.remove(reference)
            return
        }
        givers[reference] = paths
        if let object = contents(of: heir)[reference]?.object { store.put(object) }
    }

    /// Notices objects that one file defines twice.
    private mutating func markRepeated(at path: String) {
        guard let file = files[path] else { return }
        var seen: Set<ObjectReference> = []
        for object in file.objects where !seen.insert(object.reference).inserted {
            contested.insert(object.reference)
        }
    }
}
