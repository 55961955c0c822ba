import Model

/// Directives about passwords and the authorization service, which annotations ask.
extension SnippetTable {
    static let authentication: [SnippetDirective] = [
        SnippetDirective(
            "auth_request_set", .location, 2...2,
            "Sets a variable to a header of the authorization service's answer (`$upstream_http_…`)."
        ) { snippet, directive throws(ValueFault) in
            let name = directive.arguments[0].text
            let value = directive.arguments[1].text
            guard name.hasPrefix("$"), isVariable(name.dropFirst()) else { throw .expected("a variable", name) }
            guard value.hasPrefix("$upstream_http_"), value.utf8.count > 15 else { throw unreadable(value) }
            let header = value.dropFirst(15).map { $0 == "_" ? "-" : String($0) }.joined()
            snippet.answerVariables[String(name.dropFirst())] = header
        },
        switchingOff("auth_basic", instead: "use the annotations auth-type, auth-secret and auth-realm"),
        switchingOff("auth_request", instead: "use the annotation auth-url"),
    ]

    private static func switchingOff(_ name: String, instead: String) -> SnippetDirective {
        SnippetDirective(
            name, [.http, .server, .location], 1...1,
            "`off` alone, which has no effect where nobody asks. Beside annotations that do, it closes the Ingress: nginx "
                + "loads no such configuration. Anything else: \(instead)."
        ) { snippet, directive throws(ValueFault) in
            guard directive.arguments[0].text == "off" else {
                throw ValueFault("nothing but off is honoured", remedy: instead)
            }
            guard snippet.context == .location, !snippet.isOwnLocation else {
                return snippet.report(
                    .note, directive.line, "\(name) off has no effect: what annotations ask holds for their paths alone"
                )
            }
            snippet.switchedOff.append(.init(name: name, line: directive.line))
        }
    }

    /// What `auth_request_set` cannot take, and what does instead.
    private static func unreadable(_ value: String) -> ValueFault {
        let header = "have the service send the value in a header, and take it as $upstream_http_ and the header's name"
        guard value.hasPrefix("$upstream_cookie_") else {
            return ValueFault("expected $upstream_http_ and a header's name, got \(quoted(value))", remedy: header)
        }
        return ValueFault(
            "cookies of the authorization service's answer cannot be read one by one, got \(quoted(value))",
            remedy: "take it out if the cookie is for the client, who gets all of them by itself; else \(header)")
    }
}

extension SnippetCompiler {
    /// `auth_basic off` or `auth_request off` beside the annotations of an Ingress.
    struct SwitchedOff: Sendable, Equatable {
        var name: String
        var line: Int
    }

    /// What ingress-nginx calls the `Set-Cookie` of the authorization service's answer, without anybody setting it.
    static let answerCookie = "auth_cookie"
}

extension IngressReading {
    /// Says that nobody asks, or closes the Ingress where somebody does: a snippet never lets people pass by what an
    /// annotation asks of them.
    ///
    /// - Parameter source: the annotation that holds the directives; nil for the ConfigMap's `location-snippet`.
    mutating func settle(
        _ switches: ArraySlice<SnippetCompiler.SwitchedOff>, of source: String?, _ draft: IngressDraft,
        into content: inout TranslatedIngress.Content
    ) {
        for off in switches {
            let place = source ?? "location-snippet of the ConfigMap"
            guard let asking = asking(off.name, draft) else {
                if let source {
                    report(
                        [.init(severity: .note, line: off.line, fault: nobodyAsks(off.name), remedy: "")], of: source)
                }
                continue
            }
            content.refusal = content.refusal ?? "because of \(place)"
            report(
                [
                    .init(
                        severity: .rejected, line: off.line,
                        fault: "\(off.name) off of \(place) contradicts \(asking.name): every path answers 503",
                        remedy: asking.remedy)
                ], of: source ?? asking.name)
        }
    }

    private func nobodyAsks(_ name: String) -> String { "\(name) off has no effect: nobody asks here" }

    /// What asks for what a directive would switch off.
    private func asking(_ name: String, _ draft: IngressDraft) -> (name: String, remedy: String)? {
        if name == "auth_basic" {
            return draft.passwords.scheme == nil ? nil : ("auth-type", "take out one of the two")
        }
        if draft.externalAuth.url != nil { return ("auth-url", "take out one of the two") }
        guard draft.externalAuth.followsGlobal, globals.externalAuth.url != nil else { return nil }
        return ("global-auth-url", "write enable-global-auth: \"false\" to leave it out")
    }
}
