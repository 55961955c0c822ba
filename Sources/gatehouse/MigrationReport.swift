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
        let table = AnnotationTable.ingressNginx
        let sorted = ingresses.sorted {
            ($0.metadata.namespace, $0.metadata.name) < ($1.metadata.namespace, $1.metadata.name)
        }
        for ingress in sorted {
            let own = diagnostics.filter { $0.origin.isAbout(ingress) }
            let entry = Self.entry(ingress, prefix: prefix + "/", own, table)
            switch entry.verdict {
            case .identical: counts.identical += 1
            case .differs: counts.differs += 1
            case .notHonoured: counts.notHonoured += 1
            }
            self.ingresses.append(entry)
        }
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
        let notes = rest.map { ([$0.fault, $0.remedy].filter { !$0.isEmpty }).joined(separator: "; ").printable }
        let worst = rest.map(\.severity).max()
        let own: Verdict = worst == .rejected ? .notHonoured : worst == nil ? .identical : .differs
        return Entry(
            ingress: "\(ingress.metadata.namespace)/\(ingress.metadata.name)", place: Place(Origin(ingress)),
            verdict: max(own, uses.map(\.verdict).max() ?? .identical), annotations: uses, notes: notes)
    }

    private static func use(of name: String, _ row: Annotation?, _ diagnostics: [Diagnostic]) -> Use {
        var notes = diagnostics.map {
            ([$0.fault, $0.remedy].filter { !$0.isEmpty }).joined(separator: "; ").printable
        }
        guard let row else {
            return Use(name: name.printable, verdict: .differs, notes: notes + ["ingress-nginx doesn't know it either"])
        }
        var verdict: Verdict
        switch row.support {
        case .honoured: verdict = row.difference == nil ? .identical : .differs
        case .meaningless: verdict = .differs
        case .ignored, .refused, .withheld: verdict = .notHonoured
        }
        if let worst = diagnostics.map(\.severity).max(), row.support == .honoured {
            verdict = max(verdict, worst == .note ? .differs : .notHonoured)
        }
        if let difference = row.difference { notes.insert(difference, at: 0) }
        return Use(name: name, verdict: verdict, notes: notes)
    }
}

extension Origin {
    fileprivate func isAbout(_ ingress: Ingress) -> Bool {
        kind == "Ingress" && namespace == ingress.metadata.namespace && name == ingress.metadata.name
    }

    fileprivate init(_ ingress: Ingress) {
        self.init(
            file: ingress.metadata.source.file, line: ingress.metadata.source.firstLine, kind: "Ingress",
            namespace: ingress.metadata.namespace, name: ingress.metadata.name)
    }
}
