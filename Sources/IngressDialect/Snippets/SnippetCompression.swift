import Model

/// `gzip` and its kin, which say what `use-gzip` of the ConfigMap and its kin say.
extension SnippetTable {
    static let compression: [SnippetDirective] = [
        SnippetDirective("gzip", [.http, .server, .location], 1...1, "As `use-gzip` of the ConfigMap.") {
            snippet, directive throws(ValueFault) in
            snippet.compression.append(.isOn(try Syntax<Bool>.onOff.parse(directive.arguments[0].text)))
        },
        SnippetDirective("gzip_comp_level", [.http, .server, .location], 1...1, "As `gzip-level` of the ConfigMap.") {
            snippet, directive throws(ValueFault) in
            snippet.compression.append(.level(try Syntax<Int>.compressionLevel.parse(directive.arguments[0].text)))
        },
        SnippetDirective(
            "gzip_min_length", [.http, .server, .location], 1...1, "As `gzip-min-length` of the ConfigMap."
        ) {
            snippet, directive throws(ValueFault) in
            let bytes = try Syntax<Int?>.size.parse(directive.arguments[0].text) ?? 0
            snippet.compression.append(.minimumBytes(bytes))
        },
        SnippetDirective("gzip_types", [.http, .server, .location], 1...100, "As `gzip-types` of the ConfigMap.") {
            snippet, directive throws(ValueFault) in
            let types = directive.arguments.map(\.text).joined(separator: " ")
            snippet.compression.append(.mediaTypes(try Syntax<[String]>.mediaTypes.parse(types)))
        },
    ]
}
