import IngressDialect

/// A text in nginx's language gives directives or a fault, with lines that exist, and never more than its limits allow.
func brokenSnippet(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.utf8.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    do throws(NginxText.Fault) {
        let read = try NginxText(text)
        return brokenDirectives(read.directives, lines: lines, depth: 0)
    } catch {
        return (1...lines).contains(error.line) ? nil : "a fault in line \(error.line) of \(lines)"
    }
}

private func brokenDirectives(_ directives: [NginxText.Directive], lines: Int, depth: Int) -> String? {
    if depth > NginxText.limitDepth { return "blocks are nested \(depth) deep" }
    if directives.count > NginxText.limitDirectives { return "there are \(directives.count) directives" }
    for directive in directives {
        if !(1...lines).contains(directive.line) { return "a directive in line \(directive.line) of \(lines)" }
        if directive.arguments.count > NginxText.limitWords { return "a directive has too many words" }
        for word in directive.arguments where !(directive.line...lines).contains(word.line) {
            return "a word in line \(word.line), behind its directive in line \(directive.line)"
        }
        if let broken = brokenDirectives(directive.block ?? [], lines: lines, depth: depth + 1) { return broken }
    }
    return nil
}
