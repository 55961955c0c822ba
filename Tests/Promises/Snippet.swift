import IngressDialect
import Kubernetes

/// A text in nginx's language gives directives or a fault, with lines that exist, and never more than its limits allow.
/// In each place where users may write one it can be translated, and what comes of it can be served.
func brokenSnippet(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.utf8.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    do throws(NginxText.Fault) {
        let read = try NginxText(text)
        if let broken = brokenDirectives(read.directives, lines: lines, depth: 0) { return broken }
    } catch {
        if !(1...lines).contains(error.line) { return "a fault in line \(error.line) of \(lines)" }
    }
    for place in ["configuration-snippet", "server-snippet", "auth-snippet"] {
        let others = place == "auth-snippet" ? [(name: "auth-url", value: "http://auth.example.com/check")] : []
        if let broken = brokenTranslation(of: annotated(others + [(place, text)])) { return "\(place): \(broken)" }
    }
    return brokenTranslation(of: annotated([]) + [globals("server-snippet", text)])
}

private func globals(_ key: String, _ value: String) -> KubernetesObject {
    .configMap(
        ConfigMap(
            metadata: Metadata(name: "ingress-nginx-controller", namespace: "ingress-nginx"),
            data: [ConfigMap.Entry(key: key, value: value)]))
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
