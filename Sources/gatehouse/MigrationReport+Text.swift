/// The report for people.
extension MigrationReport {
    /// `3 Ingresses: 1 identical, 1 with differences, 1 not honoured`
    var summary: String {
        let noun = ingresses.count == 1 ? "Ingress" : "Ingresses"
        return "\(ingresses.count) \(noun): \(counts.identical) identical, \(counts.differs) with differences, "
            + "\(counts.notHonoured) with something that isn't honoured"
    }

    /// A paragraph for each Ingress, then the rest.
    var text: String {
        var text = ""
        for entry in ingresses {
            text += "\(entry.ingress): \(entry.verdict.rawValue)  (\(entry.place))\n"
            for use in entry.annotations {
                text += "  \(use.name): \(use.verdict.rawValue)\n"
                for note in use.notes { text += "    \(note)\n" }
            }
            for note in entry.notes { text += "  note: \(note)\n" }
            text += "\n"
        }
        for other in others { text += "\(other.severity): \(other.line)\n" }
        return text
    }

    /// One page that needs nothing beside itself.
    var html: String {
        var page = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>Moving to Gatehouse</title><style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
            table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .5rem;
            border-bottom: 1px solid #ddd; vertical-align: top } .identical { color: #18794e } .differs { color: #946800 }
            .not { color: #c62a2f } h2 { margin-top: 2rem }
            </style></head><body><h1>Moving to Gatehouse</h1>
            <p>\(summary.escapedForHTML)</p>

            """
        for entry in ingresses {
            page += "<h2>\(entry.ingress.escapedForHTML) \(entry.verdict.mark)</h2>\n"
            page += "<p>\(entry.place.description.escapedForHTML)</p>\n"
            if !entry.annotations.isEmpty {
                page += "<table><tr><th>Annotation</th><th>Verdict</th><th>Notes</th></tr>\n"
                for use in entry.annotations {
                    let notes = use.notes.map(\.escapedForHTML).joined(separator: "<br>")
                    page +=
                        "<tr><td>\(use.name.escapedForHTML)</td><td>\(use.verdict.mark)</td><td>\(notes)</td></tr>\n"
                }
                page += "</table>\n"
            }
            for note in entry.notes { page += "<p>\(note.escapedForHTML)</p>\n" }
        }
        if !others.isEmpty {
            page += "<h2>Beside Ingresses</h2>\n"
            for other in others { page += "<p>\("\(other.severity): \(other.line)".escapedForHTML)</p>\n" }
        }
        return page + "</body></html>\n"
    }
}

extension MigrationReport.Verdict {
    fileprivate var mark: String {
        "<span class=\"\(rawValue.split(separator: " ")[0])\">\(rawValue)</span>"
    }
}

extension String {
    /// As text of an HTML page: what a manifest holds must not become markup.
    var escapedForHTML: String {
        printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
