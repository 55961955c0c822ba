/// Decodes manifests: YAML or JSON, several documents in a file, `List` kinds, with lines.
///
/// Decoding is a function of the bytes alone, but for two things that make it cheap to repeat: long
/// names are shared between all objects of one decoder, and documents that an earlier version of the
/// file had already are taken from there. Configuration mistakes are never errors: they come back as
/// diagnostics.
public final class ManifestDecoder: Sendable {
    private let interner = Interner()

    /// From this many new documents on, the work is spread over the cores.
    private static let documentsPerTask = 256

    public init() {}

    /// Decodes one version of a file.
    ///
    /// - Parameters:
    ///   - path: Names the file in diagnostics and origins. `.json` at its end rules YAML out.
    ///   - previous: An earlier version, whose documents are reused where their text is the same.
    public func decode(_ bytes: [UInt8], path: String, reusing previous: ManifestFile? = nil) -> ManifestFile {
        var plan = DecodingPlan(bytes, path: path, previous: previous)
        if let fault = plan.fault { return fault }
        let results = decode(plan.pending, of: bytes, path: path)
        return plan.finish(with: results)
    }

    /// As the other one, but spreads a large file over the cores.
    public func decodeInParallel(
        _ bytes: [UInt8], path: String, reusing previous: ManifestFile? = nil
    ) async -> ManifestFile {
        var plan = DecodingPlan(bytes, path: path, previous: previous)
        if let fault = plan.fault { return fault }
        guard plan.pending.count > Self.documentsPerTask else {
            return plan.finish(with: decode(plan.pending, of: bytes, path: path))
        }
        let pending = plan.pending
        let results = await withTaskGroup(of: [DecodedDocument].self) { group in
            for start in stride(from: 0, to: pending.count, by: Self.documentsPerTask) {
                let part = pending[start..<min(start + Self.documentsPerTask, pending.count)]
                group.addTask { self.decode(part, of: bytes, path: path) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        return plan.finish(with: results)
    }

    private func decode(
        _ documents: ArraySlice<PendingDocument>, of bytes: [UInt8], path: String
    ) -> [DecodedDocument] {
        documents.map { pending in
            do throws(ManifestSyntaxError) {
                let document = try DocumentDecoder.decode(
                    bytes[pending.text.range], file: path, firstLine: pending.text.firstLine,
                    fingerprint: pending.fingerprint, interner: interner)
                return DecodedDocument(position: pending.position, result: .success(document))
            } catch {
                let fault = ManifestDiagnostic(
                    severity: .rejected, file: path, line: pending.text.firstLine + error.line, column: error.column,
                    fault: error.fault, remedy: error.remedy)
                return DecodedDocument(position: pending.position, result: .failure(fault))
            }
        }
    }
}

/// A document that has to be decoded, and its place in the file.
private struct PendingDocument {
    var position: Int
    var text: DocumentText
    var fingerprint: Fingerprint
}

private struct DecodedDocument {
    enum Result {
        case success(ManifestDocument)
        case failure(ManifestDiagnostic)
    }

    var position: Int
    var result: Result
}

/// Which documents of a file are known already and which have to be decoded.
private struct DecodingPlan {
    let path: String
    private(set) var pending: ArraySlice<PendingDocument> = []
    /// The result, when the file is refused without a look at its documents.
    private(set) var fault: ManifestFile?
    private var documents: [ManifestDocument?] = []

    init(_ bytes: [UInt8], path: String, previous: ManifestFile?) {
        self.path = path
        guard bytes.count <= ManifestLimits.fileBytes else {
            fault = .unreadable(
                path, fault: "the file is larger than \(ManifestLimits.fileBytes >> 20) MiB", remedy: "split it")
            return
        }
        var known: [Fingerprint: ManifestDocument] = [:]
        if let previous {
            known.reserveCapacity(previous.documents.count)
            for document in previous.documents { known[document.fingerprint] = document }
        }
        let texts = path.hasSuffix(".json") ? [Self.whole(bytes)] : DocumentSplitter.split(bytes)
        documents.reserveCapacity(texts.count)
        for (position, text) in texts.enumerated() {
            let fingerprint = Fingerprint(bytes.span, text.range)
            documents.append(known[fingerprint]?.moved(toLine: text.firstLine))
            if documents[position] == nil {
                pending.append(PendingDocument(position: position, text: text, fingerprint: fingerprint))
            }
        }
    }

    /// The finished file, once every pending document has its result.
    mutating func finish(with results: [DecodedDocument]) -> ManifestFile {
        var faults: [ManifestDiagnostic] = []
        for decoded in results {
            switch decoded.result {
            case .success(let document): documents[decoded.position] = document
            case .failure(let fault): faults.append(fault)
            }
        }
        return ManifestFile(
            path: path, documents: documents.compactMap(\.self), faults: faults.sorted { $0.line < $1.line })
    }

    private static func whole(_ bytes: [UInt8]) -> DocumentText {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        return DocumentText(range: start..<bytes.count, firstLine: 1)
    }
}
