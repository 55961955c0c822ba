/// What one document of a manifest holds, after decoding.
public struct ManifestDocument: Sendable {
    /// An object of a kind that Gatehouse doesn't read.
    public struct Skipped: Sendable, Equatable {
        public var kind: String
        public var apiVersion: String
        /// In the file, counted from 1.
        public var line: Int
    }

    /// The text and the place of a document. Equal identities within one file mean equal objects, lines included.
    public var identity: DocumentIdentity { DocumentIdentity(fingerprint: fingerprint, firstLine: firstLine) }

    let fingerprint: Fingerprint
    /// The line, counted from 1, of the document's text.
    public private(set) var firstLine: Int
    public internal(set) var objects: [KubernetesObject] = []
    /// Objects that may not be used, because something in them is wrong.
    public internal(set) var rejected: [ObjectReference] = []
    public internal(set) var skipped: [Skipped] = []
    public internal(set) var diagnostics: [ManifestDiagnostic] = []

    init(fingerprint: Fingerprint, firstLine: Int) {
        self.fingerprint = fingerprint
        self.firstLine = firstLine
    }

    /// The same document, found at another place of its file.
    func moved(toLine line: Int) -> ManifestDocument {
        guard line != firstLine else { return self }
        var copy = self
        let shift = line - firstLine
        copy.firstLine = line
        copy.objects = objects.map { object in
            var metadata = object.metadata
            metadata.source.firstLine += shift
            return object.with(metadata)
        }
        for index in copy.skipped.indices { copy.skipped[index].line += shift }
        for index in copy.diagnostics.indices { copy.diagnostics[index].line += shift }
        return copy
    }
}

/// Tells versions of a document apart, by text and by line.
public struct DocumentIdentity: Sendable, Hashable {
    let fingerprint: Fingerprint
    let firstLine: Int
}

/// One version of a manifest file: its documents, or why it can't be read.
public struct ManifestFile: Sendable {
    public let path: String
    public let documents: [ManifestDocument]
    /// Syntax errors and limits passed. When there are any, the file must not be used: whoever has an
    /// earlier version of it keeps that.
    public let faults: [ManifestDiagnostic]

    public init(path: String, documents: [ManifestDocument] = [], faults: [ManifestDiagnostic] = []) {
        self.path = path
        self.documents = documents
        self.faults = faults
    }

    /// A file that could not be read at all.
    public static func unreadable(_ path: String, fault: String, remedy: String = "") -> ManifestFile {
        ManifestFile(
            path: path,
            faults: [ManifestDiagnostic(severity: .rejected, file: path, fault: fault, remedy: remedy)])
    }

    public var isUsable: Bool { faults.isEmpty }

    /// The objects in the order in which the file lists them.
    public var objects: some Sequence<KubernetesObject> { documents.lazy.flatMap(\.objects) }

    /// Everything that was found, in the order of lines.
    public var diagnostics: [ManifestDiagnostic] { faults + documents.flatMap(\.diagnostics) }
}

extension Sequence<ManifestFile> {
    /// One note for each kind that is skipped, with the place of its first object.
    public var skippedKinds: [ManifestDiagnostic] {
        var first: [String: (ManifestDiagnostic, count: Int)] = [:]
        for file in self {
            for skipped in file.documents.lazy.flatMap(\.skipped) {
                let kind = skipped.kind + " " + skipped.apiVersion
                if first[kind] != nil {
                    first[kind]?.count += 1
                } else {
                    let note = ManifestDiagnostic(
                        severity: .note, file: file.path, line: skipped.line, kind: skipped.kind,
                        fault: "objects of this kind (\(skipped.apiVersion)) are skipped")
                    first[kind] = (note, 1)
                }
            }
        }
        return first.sorted { $0.key < $1.key }.map { _, found in
            var note = found.0
            if found.count > 1 { note.fault += " (\(found.count) of them)" }
            return note
        }
    }
}
