import Kubernetes
import Model

/// What the backend gets in place of what the client sent: `proxy_method`, `proxy_set_body` and their kin.
extension SnippetTable {
    static let forms: [SnippetDirective] = [
        SnippetDirective(
            "proxy_method", .location, 1...1,
            "The method that the backend gets, in place of the client's; a HEAD stays one."
        ) { snippet, directive throws(ValueFault) in
            let method = directive.arguments[0].text
            guard isMethod(method) else {
                throw .expected("a method such as POST, other than HEAD, CONNECT and TRACE", method)
            }
            snippet.form = snippet.form ?? RequestForm()
            snippet.form?.method = method
        },
        SnippetDirective(
            "proxy_set_body", .location, 1...1,
            "The content that the backend gets, in place of the client's body, which is read first: a text of at most "
                + "\(RequestForm.bodyLimit >> 10) KiB once its variables are filled in. A longer one is answered 500."
        ) { snippet, directive throws(ValueFault) in
            let text = try snippet.template(directive.arguments[0])
            snippet.form = snippet.form ?? RequestForm()
            snippet.form?.body = text
        },
        passing("proxy_pass_request_body", "body, which is read all the same", \.passesBody),
        passing("proxy_pass_request_headers", "headers, only those that Gatehouse and snippets set", \.passesFields),
    ]

    private static func passing(
        _ name: String, _ what: String, _ field: any WritableKeyPath<RequestForm, Bool> & Sendable
    ) -> SnippetDirective {
        SnippetDirective(name, .location, 1...1, "`off`: the backend gets none of the client's \(what).") {
            snippet, directive throws(ValueFault) in
            let word = directive.arguments[0].text
            guard ["on", "off"].contains(word) else { throw .expected("on or off", word) }
            var form = snippet.form ?? RequestForm()
            form[keyPath: field] = word == "on"
            snippet.form = form
        }
    }

    private static func isMethod(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 32 && !["HEAD", "CONNECT", "TRACE"].contains(text)
            && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "-") }
    }
}

extension SnippetCompiler {
    /// Puts what the backend gets into the policy of the paths.
    func shapeRequests(_ policy: inout RoutePolicy) {
        if readsBody { policy.readBody() }
        guard let form, form != RequestForm() else { return }
        policy.requestForm = form
        // What takes the place of the body needs all of it out of the way, which the connection could not be used after else.
        if form.body != nil || !form.passesBody { policy.requestBuffering.mode = .whole }
    }
}

extension RoutePolicy {
    /// Has bodies held for those who ask for `$request_body`, unless they are to be passed on as they come.
    mutating func readBody() {
        readsBody = true
        if requestBuffering.mode == .automatic { requestBuffering.mode = .whole }
    }
}
