/// The reference page of all annotations, printed from the table that parses them.
public enum AnnotationReference {
    /// `Docs/annotations.md`
    public static func page(of table: AnnotationTable = .ingressNginx) -> String {
        let rows = table.groups.flatMap(\.rows)
        let honoured = rows.count { $0.support == .honoured }
        var page = """
            # Annotations

            Gatehouse reads the annotations of ingress-nginx, under the prefix `nginx.ingress.kubernetes.io/`. This page \
            is printed from the table that parses them; `make fixtures` prints it anew.

            Of \(rows.count) annotations \(honoured) are honoured. None is passed over in silence: `gatehouse check` names \
            each one that has no effect, and suggests the nearest name for one that isn't known.

            | Status | Meaning |
            |---|---|
            | honoured | Does what ingress-nginx does. |
            | answers 503 | Is not honoured, but decides who may come in: everything it applies to answers 503. |
            | no effect | Has no effect here, for the reason given; a warning says so. |

            *Unusable value* says what a mistake does: the default is used, the group's annotations all count as absent, \
            every path of the Ingress answers 503, or the Ingress is rejected, which leaves an earlier, accepted version \
            of it in place. *Default (ConfigMap)* means that the controller's ConfigMap can set another under the same name.

            """
        for group in table.groups { page += section(group) }
        return page
    }

    private static func section(_ group: AnnotationGroup) -> String {
        var text = "\n## \(group.title)\n\n"
        if !group.note.isEmpty { text += "\(group.note)\n\n" }
        text += "| Annotation | What it does | Value | Default | Applies to | Unusable value | Risk | Status |\n"
        text += "|---|---|---|---|---|---|---|---|\n"
        for row in group.rows { text += line(row) }
        return text
    }

    private static func line(_ row: Annotation) -> String {
        let names = ([row.name] + row.aliases).map { "`\($0)`" }.joined(separator: ", ")
        let standard = row.standard.isEmpty ? "none" : row.standard
        let cells = [
            names, "\(row.summary) Example: `\(row.example)`", row.form,
            row.hasGlobalDefault ? "\(standard) (ConfigMap)" : standard, row.scope.rawValue,
            row.support == .honoured ? row.consequence.rawValue : "", row.risk.rawValue, status(row.support),
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }

    private static func status(_ support: Annotation.Support) -> String {
        switch support {
        case .honoured: "honoured"
        case .refused: "answers 503"
        case .meaningless(let reason): "no effect: \(reason)"
        }
    }
}
