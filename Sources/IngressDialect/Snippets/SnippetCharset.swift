import Model

/// `charset` and `charset_types`, which say what responses are written in.
extension SnippetTable {
    static let charset: [SnippetDirective] = [
        SnippetDirective(
            "charset", [.http, .server, .location, .condition], 1...1,
            "Adds `; charset=` and the name to the `Content-Type` of responses that name none; `off` adds none. The inner "
                + "place wins. Content is never converted."
        ) { snippet, directive throws(ValueFault) in
            let name = directive.arguments[0].text
            guard !name.contains("$") else {
                throw ValueFault("\(quoted(name)) holds a variable, which can't name a charset", remedy: "write it out")
            }
            guard CustomHeader.isName(name), name.utf8.count <= CharsetEdits.nameLimitBytes else {
                throw .expected("the name of a charset such as utf-8, or off", name)
            }
            snippet.headers.charset.choices.append(
                .init(name == "off" ? nil : name, branches: snippet.branch == 0 ? nil : [snippet.branch]))
        },
        SnippetDirective(
            "charset_types", [.http, .server, .location], 1...100,
            "Types of content that `charset` is for beside `text/html`; `*` is every one. By default "
                + CharsetEdits.standardTypes.map { "`\($0)`" }.joined(separator: " ") + "."
        ) { snippet, directive throws(ValueFault) in
            let words = directive.arguments.map(\.text).joined(separator: " ")
            let types = try Syntax<[String]>.mediaTypes.parse(words)
            snippet.headers.charset.mediaTypes = ["text/html"] + types.filter { $0 != "text/html" }
        },
    ]
}
