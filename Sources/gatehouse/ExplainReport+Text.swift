extension ExplainReport {
    /// For people.
    var text: String {
        var page = Page()
        page.line("\(request.method) \(request.url)")
        page.line("  is \(outcome.text)")
        if let errorPage = outcome.errorPage {
            page.line("  error_page has something else answer instead: \(errorPage)")
        }
        page.section("Looked up") { page in
            if let host = request.host { page.pair("name", host) }
            if let path = request.path { page.pair("path", path) }
            for target in rewrites { page.pair("rewritten", target) }
        }
        if let host {
            page.section("Host \(host.name)") { page in
                page.pair("evidence", host.evidence)
                page.pair("written at", host.origin.description)
            }
        }
        if let route { add(route, to: &page) }
        if let upstream { add(upstream, to: &page) }
        page.section("Other hosts that answer for the name") { page in
            for host in otherHosts {
                page.line("  \(host.name)  # \(host.origin.description)\n    \(host.whyNot ?? "")")
            }
        }
        page.section("Other routes of the host") { page in
            for route in otherRoutes {
                page.line("  \(route.match)  # \(route.origin.description)\n    \(route.whyNot ?? "")")
            }
            if unlistedRoutes > 0 { page.line("  and \(unlistedRoutes) more that do not match") }
        }
        page.section("Findings about these objects") { page in
            for finding in findings { page.line("  \(finding.line)") }
        }
        return page.text.printable
    }

    private func add(_ route: Route, to page: inout Page) {
        page.section("Route \(route.match)") { page in
            page.pair("evidence", route.evidence ?? "")
            page.pair("written at", route.origin.description)
            for (index, group) in groups.enumerated() { page.pair("$\(index + 1)", group ?? "(took no part)") }
        }
        page.section("Annotations") { page in
            for annotation in annotations {
                page.line("  \(annotation.name): \(annotation.value)  # \(annotation.origin)")
            }
        }
        page.section("Policies, in the order in which they act") { page in
            for policy in policies { page.line("  \(policy)") }
        }
    }

    private func add(_ upstream: RoutesReport.Upstream, to page: inout Page) {
        page.section("Upstream \(upstream.id)") { page in
            page.pair("written at", upstream.origin.description)
            page.pair("balancing", upstream.balancing)
            if let affinity = upstream.affinity { page.pair("affinity", affinity) }
            page.pair("endpoints", upstream.endpoints.isEmpty ? "none" : upstream.endpoints.joined(separator: ", "))
            if let forwarded {
                page.pair("is asked", "\(request.method) \(forwarded.target)")
                page.pair("with Host", forwarded.host)
            }
        }
    }

    /// Lines under headings; a heading without lines is left out.
    private struct Page {
        private(set) var text = ""

        mutating func line(_ line: String) { text += line + "\n" }

        mutating func pair(_ name: String, _ value: String) {
            line("  " + name + String(repeating: " ", count: max(12 - name.count, 1)) + value)
        }

        mutating func section(_ title: String, _ body: (inout Page) -> Void) {
            var section = Page()
            body(&section)
            if !section.text.isEmpty { text += "\n\(title)\n\(section.text)" }
        }
    }
}
