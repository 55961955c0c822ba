import Model

/// The reference page of snippets, printed from the table that compiles them.
public enum SnippetReference {
    /// `Docs/snippets.md`
    public static func page() -> String {
        var page = """
            # Snippets

            `configuration-snippet`, `server-snippet` and `auth-snippet` of Ingresses, and `server-snippet`, \
            `location-snippet`, `http-snippet` of the ConfigMap hold directives of nginx. Gatehouse reads them by a strict \
            grammar and compiles them into the same policies as annotations. Nothing is pasted, executed, included or \
            looked up because of a snippet's text, so they are read by default; `allow-snippet-annotations: "false"` and \
            an `annotations-risk-level` below Critical forbid them, and then an Ingress with one is rejected \
            ([why](decisions/0027-snippets-are-read-not-run.md)). This page is printed from the table that compiles them. \
            [Examples/snippets](../Examples/snippets) is one to run.

            - A directive that isn't listed here is named by `gatehouse check`, with its line and what to use instead. It \
            counts as absent, unless it might keep somebody out (`deny`, `auth_…`, `limit_req`, `if`, `return` …): then \
            every path of the Ingress answers 503, for `server-snippet` every path of the host, for a `location` block \
            that path.
            - Order: preflight requests (CORS), `configuration-snippet`, `location-snippet`, redirects and rewrites of \
            annotations. `server-snippet` comes before all of them.
            - Directives that say what an annotation says win over the annotation.
            - A text has at most \(NginxText.limitBytes >> 10) KiB, \(NginxText.limitDirectives) directives, \
            \(NginxText.limitDepth) blocks within each other.

            ## Directives

            | Directive | Stands in | What it does |
            |---|---|---|

            """
        for row in SnippetTable.rows where !row.summary.hasPrefix("No effect") {
            page += "| `\(row.name)` | \(row.contexts.names) | \(row.summary) |\n"
        }
        page += "\n## Without effect\n\nTaken, and named in a note:\n\n"
        for row in SnippetTable.rows where row.summary.hasPrefix("No effect") {
            page += "- `\(row.name)`: \(row.summary.dropFirst(11))\n"
        }
        page += "\n## Not honoured\n\n| Directive | Instead |\n|---|---|\n"
        for family in SnippetTable.families {
            let mark = SnippetTable.mayKeepOut(family.prefix) ? " Closes its place." : ""
            page += "| `\(family.prefix)…` | \(family.remedy).\(mark) |\n"
        }
        for entry in SnippetTable.instead {
            let mark = SnippetTable.mayKeepOut(entry.name) ? " Closes its place." : ""
            page += "| `\(entry.name)` | \(entry.remedy).\(mark) |\n"
        }
        page += """

            ## What differs from nginx

            - A `location` without modifier matches whole segments: `/a` matches `/a` and `/a/b`, not `/ab`.
            - A `location` that `proxy_pass` leads to a backend gets Gatehouse's usual request headers and the client's \
            `Host`; it has none of the Ingress's annotations, as in nginx, but the ConfigMap's defaults.
            - An annotation's value may be set by a directive that nginx would call a duplicate.
            - `proxy_set_header` adds to Gatehouse's own headers instead of taking all of them away.
            - A `rewrite` without flag that changed the path has a route searched for it, as `last` does, once the \
            snippet is through.
            - A header whose value would hold a line break, by what a client sent, is left out or answered 400.
            - Of the texts of `sub_filter` that begin at one place the longest is replaced; responses that are encoded, and \
            parts, stay as they are.
            - Of several `proxy_redirect` the last counts.
            - A path of `error_page` gets no body, whoever asked; a named location gets the request's if it is here whole or \
            nobody has begun to take it. Malformed requests, which have no route, are answered as they are; a location that \
            is missing leaves the error what it is.
            - A variable is known where something sets it: the snippets of the Ingress, the ConfigMap's, or the groups of a \
            path; in nginx, anywhere in the configuration. Of a host's Ingresses the first one's `server-snippet` holds: the \
            paths of another whose `configuration-snippet` reads what only its own `server-snippet` sets answer 503 there, \
            where nginx would load none of the configuration.
            - `expires` knows times from now only; `if -f` and its kin find no files.

            ## Variables

            Request, response, upstream, TLS and controller, as in nginx; `$http_<name>`, `$arg_<name>`, \
            `$cookie_<name>`, `$sent_http_<name>`, `$upstream_http_<name>`, `$upstream_cookie_<name>`, captures `$1` to \
            `$9`, variables that `set`, `auth_request_set` and named groups set (not those of `server-alias`, whose grammar has \
            no `<`, as ingress-nginx's has none), and `$auth_cookie`, the first `Set-Cookie` of the authorization service's \
            answer. `$geoip2_…` are known with `use-geoip2` of the ConfigMap \
            ([more](geoip.md)). `$request_body` is the body where memory holds it (`client-body-buffer-size`, at least 16 KiB and at most \
            64 KiB), and empty before it has been read, as in `if`; a snippet that names it has bodies read before the backend \
            is asked, unless `proxy-request-buffering` is off. All others:


            """
        return page + variableList + "\n"
    }
}

extension SnippetReference {
    private static var variableList: String {
        TemplateText.names.sorted().map { "`$\($0)`" }.joined(separator: " ")
    }
}

extension SnippetContexts {
    /// For people: `http, server, location, if`.
    var names: String {
        let all: [(SnippetContexts, String)] = [
            (.http, "http"), (.server, "server"), (.location, "location"), (.condition, "if"),
            (.question, "auth-snippet"),
        ]
        return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
