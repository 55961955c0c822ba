import Kubernetes
import Model
import Translation

/// Reads the annotations of an Ingress into a draft.
struct AnnotationReader: Sendable {
    /// What may be read at all, from the controller's ConfigMap.
    struct Gate: Sendable, Equatable {
        /// `annotations-risk-level`: annotations of a higher risk reject the Ingress.
        var level = Annotation.Risk.high
        /// Whether the ConfigMap says so; if not, snippets are read, since nothing in them can run code.
        var isLevelGiven = false
        /// `allow-snippet-annotations`: false rejects Ingresses with snippets.
        var allowsSnippets = true
        /// `annotation-value-word-blocklist`: values that hold one of the words reject the Ingress.
        var blockedWords: [String] = []
    }

    struct Reading {
        var draft: IngressDraft
        var isRejected = false
        /// Annotations, without prefix, for whose sake the paths answer 503.
        var refusals: [String] = []
    }

    /// Longest value that is looked at, in bytes.
    static let valueLimitBytes = 4 << 10

    private let table: AnnotationTable
    private let gate: Gate
    private let defaults: IngressDraft
    private let prefix: String

    init(_ table: AnnotationTable, prefix: String, gate: Gate, defaults: IngressDraft) {
        self.table = table
        self.gate = gate
        self.defaults = defaults
        self.prefix = prefix + "/"
    }

    func read(_ ingress: Ingress, _ diagnostics: inout [Diagnostic]) -> Reading {
        var reading = Reading(draft: defaults)
        reading.draft.snippets.variables.formUnion(variables(setOn: ingress))
        var dropped: [AnnotationGroup] = []
        for annotation in ingress.metadata.annotations where annotation.name.hasPrefix(prefix) {
            let place = Place(ingress, annotation, name: String(annotation.name.dropFirst(prefix.utf8.count)))
            guard let row = table[place.name] else {
                diagnostics.append(unknown(place))
                continue
            }
            if place.name != row.name, says(row.name, ingress) {
                diagnostics.append(
                    place.diagnostic(
                        .warning, "is an old name of \(row.name), which is there too and holds", remedy: "take it out"))
                continue
            }
            read(annotation.value, of: row, at: place, into: &reading, &dropped, &diagnostics)
        }
        for group in dropped { group.reset(&reading.draft, defaults) }
        return reading
    }

    /// The variables that an Ingress's snippets set.
    private func variables(setOn ingress: Ingress) -> Set<String> {
        var names: Set<String> = []
        for annotation in ingress.metadata.annotations where annotation.name.hasPrefix(prefix) {
            guard ["configuration-snippet", "server-snippet"].contains(annotation.name.dropFirst(prefix.utf8.count))
            else { continue }
            names.formUnion(SnippetCompiler.variables(setBy: annotation.value))
        }
        return names
    }

    /// Whether an Ingress has an annotation of this name, without prefix, whose value isn't blank.
    private func says(_ name: String, _ ingress: Ingress) -> Bool {
        ingress.metadata.annotations.contains {
            $0.name.hasPrefix(prefix) && $0.name.dropFirst(prefix.utf8.count) == name && !normalised($0.value).isEmpty
        }
    }

    /// What to say of an annotation without a row: one that ingress-nginx had once, one that is a key of the
    /// ConfigMap, or a typing mistake.
    private func unknown(_ place: Place) -> Diagnostic {
        if let remedy = RetiredAnnotations.remedy(for: place.name) {
            return place.diagnostic(.warning, "has no effect: ingress-nginx no longer has it", remedy: remedy)
        }
        if ConfigKeyTable.ingressNginx[place.name] != nil {
            return place.diagnostic(
                .warning, "has no effect: it is a key of the controller's ConfigMap, not an annotation",
                remedy: "write it there, for all Ingresses")
        }
        let nearest = table.nearest(to: place.name)
        return place.diagnostic(
            .warning, "is no annotation that Gatehouse knows",
            remedy: nearest.map { "did you mean \($0)?" } ?? "take it out")
    }

    /// The names, without prefix, of an Ingress's annotations that have a row in the table.
    func names(on ingress: Ingress) -> [String] {
        ingress.metadata.annotations.filter { $0.name.hasPrefix(prefix) }
            .map { String($0.name.dropFirst(prefix.utf8.count)) }.filter { table[$0] != nil }
    }

    private func read(
        _ written: String, of row: Annotation, at place: Place, into reading: inout Reading,
        _ dropped: inout [AnnotationGroup], _ diagnostics: inout [Diagnostic]
    ) {
        if let word = gate.blockedWords.first(where: { written.contains($0) }) {
            reading.isRejected = true
            diagnostics.append(
                place.diagnostic(
                    .rejected,
                    "holds \(quoted(word)), which annotation-value-word-blocklist forbids: the Ingress is rejected"))
            return
        }
        let limitBytes = row.isSnippet ? NginxText.limitBytes : Self.valueLimitBytes
        let isTooLong = row.support == .honoured && written.utf8.count > limitBytes
        let value = isTooLong ? "" : normalised(written)
        if value.isEmpty, !isTooLong { return }
        if row.isSnippet, !gate.allowsSnippets {
            reading.isRejected = true
            diagnostics.append(
                place.diagnostic(
                    .rejected, "is forbidden by allow-snippet-annotations of the ConfigMap: the Ingress is rejected",
                    remedy: "use annotations"))
            return
        }
        if row.support == .honoured, row.risk > gate.level, gate.isLevelGiven || !row.isSnippet {
            reading.isRejected = true
            diagnostics.append(
                place.diagnostic(
                    .rejected,
                    "is of risk \(row.risk.rawValue), above annotations-risk-level \(gate.level.rawValue): "
                        + "the Ingress is rejected"))
            return
        }
        do throws(ValueFault) {
            if isTooLong {
                throw ValueFault("has \(written.utf8.count) bytes; at most \(limitBytes) are read")
            }
            let before = reading.draft.protection
            try row.write(value, &reading.draft)
            if let shortfall = row.shortfall(isActive: reading.draft.protection != before) {
                diagnostics.append(place.diagnostic(shortfall.severity, shortfall.fault, remedy: shortfall.remedy))
            }
        } catch {
            switch error.consequence ?? row.consequence {
            case .useDefault:
                let standard = row.standard.isEmpty ? "it counts as absent" : "the default \(row.standard) is used"
                let outcome = error.outcome.isEmpty ? standard : error.outcome
                diagnostics.append(place.diagnostic(.warning, "\(error.fault): \(outcome)", remedy: error.remedy))
            case .rejectObject:
                reading.isRejected = true
                diagnostics.append(
                    place.diagnostic(.rejected, "\(error.fault): the Ingress is rejected", remedy: error.remedy))
            case .refuseRoutes:
                reading.refusals.append(row.name)
                diagnostics.append(
                    place.diagnostic(.rejected, "\(error.fault): every path answers 503", remedy: error.remedy))
            case .dropGroup:
                if let group = table.group(of: row) { dropped.append(group) }
                diagnostics.append(
                    place.diagnostic(
                        .warning, "\(error.fault): all annotations of its group count as absent", remedy: error.remedy))
            }
        }
    }

    /// Each line without blanks around it.
    private func normalised(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 }
        if isPlain { return value }
        return value.split(separator: "\n", omittingEmptySubsequences: false).map { String(trimmed($0)) }
            .joined(separator: "\n").trimmingNewlines
    }

    /// An annotation in its Ingress.
    private struct Place {
        let ingress: Ingress
        let line: SourceLine
        let name: String

        init(_ ingress: Ingress, _ annotation: Metadata.Annotation, name: String) {
            self.ingress = ingress
            line = annotation.line
            self.name = name
        }

        func diagnostic(_ severity: Diagnostic.Severity, _ fault: String, remedy: String = "") -> Diagnostic {
            Diagnostic(
                severity, Origin(ingress, line: line), field: annotationField(name), fault, remedy: remedy)
        }
    }
}

/// The field of an annotation, as diagnostics name it.
func annotationField(_ name: String) -> String { "metadata.annotations[…/\(name)]" }

extension Annotation {
    /// What to say when the annotation stands in an Ingress though Gatehouse does not go along with it.
    fileprivate func shortfall(
        isActive: Bool
    ) -> (severity: Diagnostic.Severity, fault: String, remedy: String)? {
        switch support {
        case .honoured: nil
        case .refused where !isActive: (.warning, "is not honoured; this value would keep nobody out", "")
        case .refused:
            (
                .rejected,
                "is not honoured; it decides who may come in, so every path of \(scope == .host ? "the host" : "this Ingress") answers 503",
                "take it out to serve everybody"
            )
        case .meaningless(let reason): (.warning, "has no effect: \(reason)", "take it out")
        }
    }
}

extension String {
    /// Without line ends at both ends.
    fileprivate var trimmingNewlines: String {
        var text = self[...].drop { $0 == "\n" }
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
