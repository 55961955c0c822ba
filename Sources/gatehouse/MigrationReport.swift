import IngressDialect
import Kubernetes
import Model

/// What every Ingress uses and how Gatehouse takes it, for who comes from ingress-nginx.
struct MigrationReport: Encodable {
    enum Verdict: String, Encodable, Comparable {
        case identical
        /// Acts, with a documented difference, or has no effect for a documented reason.
        case differs
        case notHonoured = "not honoured"

        static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .identical: 0
            case .differs: 1
            case .notHonoured: 2
            }
        }
    }

    /// An annotation of an Ingress.
    struct Use: Encodable {
        var name: String
        var verdict: Verdict
        /// What differs, or why it isn't honoured.
        var notes: [String]
    }

    struct Entry: Encodable {
        /// `shop/web`
        var ingress: String
        var place: Place
        var verdict: Verdict
        var annotations: [Use]
        /// What surprises beside the annotations, such as what regular expressions do to neighbours.
        var notes: [String]
    }

    struct Counts: Encodable, Equatable {
        var identical = 0
        var differs = 0
        var notHonoured = 0

        init(identical: Int = 0, differs: Int = 0, notHonoured: Int = 0) {
            (self.identical, self.differs, self.notHonoured) = (identical, differs, notHonoured)
        }

        init(_ verdicts: [Verdict]) {
            self.init(
                identical: verdicts.count { $0 == .identical }, differs: verdicts.count { $0 == .differs },
                notHonoured: verdicts.count { $0 == .notHonoured })
        }
    }

    /// Ingresses by verdict.
    var counts = Counts()
    var ingresses: [Entry] = []
    /// What concerns no Ingress: keys of the ConfigMap, unreadable files.
    var others: [DiagnosticReport.Entry] = []

    /// - Parameters:
    ///   - prefix: what names of annotations begin with, before the slash.
    ///   - diagnostics: all that there is to say about the manifests.
    init(_ ingresses: [Ingress], prefix: String, _ diagnostics: [Diagnostic]) {
        let ofIngresses = Dictionary(grouping: diagnostics.filter { $0.origin.kind == "Ingress" }) {
            NamespacedName(namespace: $0.origin.namespace, name: $0.origin.name)
        }
        let read = ingresses.map { ingress in
            Self.entry(
                ingress, prefix: prefix + "/", ofIngresses[ingress.metadata.key] ?? [], AnnotationTable.ingressNginx)
        }
        let known = Set(ingresses.map(\.metadata.key))
        let unread = ofIngresses.filter { !known.contains($0.key) }.values.compactMap(Self.unread)
        self.ingresses = (read + unread).sorted { $0.ingress < $1.ingress }
        counts = Counts(self.ingresses.map(\.verdict))
        others = DiagnosticReport(diagnostics.filter { $0.origin.kind != "Ingress" }).diagnostics
    }

    /// Whether something isn't honoured, so that who runs this in a pipeline should stop.
    var fails: Bool { counts.notHonoured > 0 || others.contains { $0.severity == "rejected" } }

    private static func entry(
        _ ingress: Ingress, prefix: String, _ diagnostics: [Diagnostic], _ table: AnnotationTable
    ) -> Entry {
        var uses: [Use] = []
        var rest = diagnostics
        for annotation in ingress.metadata.annotations where annotation.name.hasPrefix(prefix) {
            let name = String(annotation.name.dropFirst(prefix.utf8.count))
            let field = "/\(name)]"
            let about = rest.filter { $0.field.contains(field) }
            rest.removeAll { $0.field.contains(field) }
            uses.append(use(of: name, table[name], about))
        }
        let notes = notes(rest)
        let worst = rest.filter { !$0.isAboutOthers }.map(\.severity).max()
        let own: Verdict = worst == .rejected ? .notHonoured : worst == nil ? .identical : .differs
        return Entry(
            ingress: "\(ingress.metadata.namespace)/\(ingress.metadata.name)", place: Place(Origin(ingress)),
            verdict: max(own, uses.map(\.verdict).max() ?? .identical), annotations: uses, notes: notes)
    }

    /// An Ingress of which nothing could be read, so that nothing of it is served.
    private static func unread(_ diagnostics: [Diagnostic]) -> Entry? {
        guard let first = diagnostics.min(by: { ($0.origin.line ?? 0) < ($1.origin.line ?? 0) }) else { return nil }
        return Entry(
            ingress: "\(first.origin.namespace)/\(first.origin.name)", place: Place(first.origin),
            verdict: .notHonoured, annotations: [], notes: notes(diagnostics))
    }

    /// What diagnostics say beside their place, each once.
    private static func notes(_ diagnostics: [Diagnostic]) -> [String] {
        var notes: [String] = []
        for diagnostic in diagnostics {
            let note = [diagnostic.fault, diagnostic.remedy].filter { !$0.isEmpty }.joined(separator: "; ").printable
            if !notes.contains(note) { notes.append(note) }
        }
        return notes
    }

    private static func use(of name: String, _ row: Annotation?, _ diagnostics: [Diagnostic]) -> Use {
        var notes = notes(diagnostics)
        guard let row else {
            return Use(name: name.printable, verdict: .differs, notes: notes + ["ingress-nginx doesn't know it either"])
        }
        var verdict: Verdict
        switch row.support {
        case .honoured: verdict = row.difference == nil ? .identical : .differs
        case .meaningless: verdict = .differs
        case .refused: verdict = .notHonoured
        }
        if let worst = diagnostics.map(\.severity).max(), row.support == .honoured {
            verdict = max(verdict, worst == .note ? .differs : .notHonoured)
        }
        if let difference = row.difference { notes.insert(difference, at: 0) }
        return Use(name: name, verdict: verdict, notes: notes)
    }
}

extension Diagnostic {
    /// Whether it is about a Service or Secret that isn't among the manifests, or not in order. ingress-nginx would
    /// do the same without it, so it makes no difference.
    fileprivate var isAboutOthers: Bool {
        severity != .rejected && (field.hasSuffix("backend.service") || field.hasSuffix(".secretName"))
    }
}

extension Origin {
    fileprivate init(_ ingress: Ingress) {
        self.init(
            file: ingress.metadata.source.file, line: ingress.metadata.source.firstLine, kind: "Ingress",
            namespace: ingress.metadata.namespace, name: ingress.metadata.name)
    }
}
