import Model

/// Edits that policies other than `HeaderEdits` come down to.
extension RoutePolicy {
    /// What is edited whoever asks; nil for nothing. The route's own edits come last, so that they may have the last word.
    func ownEdits(_ settings: Settings) -> HeaderEdits? {
        var edits = HeaderEdits()
        if let cors, cors.origins == .any { edits.onResponse += CORSFilter.edits(cors) }
        // Passwords are for us alone.
        if basicAuth != nil || digestAuth != nil { edits.onRequest.append(.init(.remove, "Authorization")) }
        switch observation.tracing {
        case .off: break
        case .continued:
            edits.onRequest.append(.init(.set, "traceparent", .template("$opentelemetry_context_traceparent")))
        case .own:
            edits.onRequest.append(.init(.set, "traceparent", .template("$opentelemetry_new_traceparent")))
            edits.onRequest.append(.init(.remove, "tracestate"))
        }
        if let headerEdits { edits.append(headerEdits) }
        return edits.isEmpty ? nil : edits
    }

    /// Fields of clients that copies of their requests go without.
    var fieldsOfNoCopy: [String] {
        let passwords = basicAuth == nil && digestAuth == nil ? [] : ["Authorization"]
        return passwords + (externalAuth?.responseFields ?? [])
    }

    /// All edits of responses to an origin of the CORS list; nil without a list.
    func corsEdits(_ settings: Settings) -> HeaderEdits? {
        guard let cors, cors.origins != .any else { return nil }
        var edits = HeaderEdits(onResponse: CORSFilter.edits(cors))
        if let headerEdits { edits.append(headerEdits) }
        return settings.headerEdits(with: edits)
    }
}
