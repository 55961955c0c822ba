import Kubernetes
import Model

/// Putting what snippets say beside what annotations say.
extension IngressReading {
    /// What the snippets of an Ingress's paths ask for besides values of annotations.
    struct PathSnippet {
        var compiled: SnippetCompiler
        var addressRules: AddressRules?
    }

    /// Reads the snippets. Values that directives share with annotations go into the draft.
    mutating func readSnippets(
        into draft: inout IngressDraft, _ content: inout TranslatedIngress.Content
    ) -> PathSnippet {
        pathNames = namedGroups(of: draft.snippets)
        let ofPaths = Set(pathNames.values.joined().map(\.name))
        let server = readServerSnippet(draft.snippets.ofHost, knowing: ofPaths, into: &content)
        var compiler = SnippetCompiler(
            .location, within: globals, variables: server.union(globals.server.variables).union(ofPaths))
        if let text = draft.snippets.ofPaths {
            compiler.add(text)
            report(compiler.findings, of: "configuration-snippet")
            if compiler.isRefused { content.refusal = content.refusal ?? "because of configuration-snippet" }
        }
        settle(compiler.switchedOff[...], of: "configuration-snippet", draft, into: &content)
        let count = compiler.switchedOff.count
        // What is to be said about this one is said once, at the ConfigMap.
        if let text = globals.locationSnippet { compiler.add(text) }
        if compiler.isRefused { content.refusal = content.refusal ?? "because of location-snippet of the ConfigMap" }
        settle(compiler.switchedOff[count...], of: nil, draft, into: &content)
        snippetVariables = compiler.variables
        content.hostVariables = HostVariables(
            names: server.subtracting(ofPaths).subtracting(globals.server.variables).intersection(draft.variablesRead),
            origin: annotationOrigin("server-snippet"))
        put(compiler, into: &draft)
        var snippet = PathSnippet(compiled: compiler, addressRules: nil)
        guard !compiler.access.isEmpty else { return snippet }
        if let rules = SnippetAccess.rules(compiler.access) {
            snippet.addressRules = rules
        } else {
            report(
                [
                    .init(
                        severity: .rejected, line: compiler.access[0].line,
                        fault: "\(SnippetAccess.fault): every path answers 503", remedy: SnippetAccess.remedy)
                ], of: "configuration-snippet")
            content.refusal = content.refusal ?? "because of configuration-snippet"
        }
        return snippet
    }

    /// Puts the rest of what the snippets say into the policy of the paths.
    mutating func put(_ snippet: PathSnippet, into content: inout TranslatedIngress.Content) {
        let compiled = snippet.compiled
        if !compiled.steps.isEmpty || !compiled.answerVariables.isEmpty {
            let answer = compiled.answerVariables.sorted { $0.key < $1.key }
            content.policy.rules = RequestRules(
                ofPath: compiled.steps, ofAnswer: answer.map { .init(name: $0.key, field: $0.value) })
        }
        content.substitution = compiled.substitution
        content.policy.substitution = compiled.substitution.policy()
        compiled.shapeRequests(&content.policy)
        content.policy.isInternal = compiled.isInternal
        content.policy.observation.unloggedBranches = compiled.unloggedBranches
        content.errors = compiled.errors
        content.errors.hasCustomErrors = content.hasCustomErrors
        content.errors.interceptsByDefault = content.policy.errorPages?.interceptsUpstream ?? false
        content.errors.apply(to: &content.policy, within: ErrorRoutesDraft())
        content.limits = compiled.limits
        content.limits.apply(to: &content.policy, within: [globals.commonLimits])
        if let host = compiled.upstreamHost { content.policy.hostOverride = HostOverride(template: host) }
        content.saysCompression = !compiled.compression.isEmpty
        content.responseCache = compiled.responseCache
        content.hasAddedHeaders = !compiled.headers.added.isEmpty
        content.cookieFlags = compiled.cookieFlags
        content.saysExpiry = compiled.headers.saysExpiry
        if !compiled.headers.isEmpty {
            var edits = content.policy.headerEdits ?? HeaderEdits()
            edits.append(compiled.headers.edits())
            content.policy.headerEdits = edits
        }
        guard let rules = snippet.addressRules else { return }
        let listed = content.hasAddressRules ? content.policy.addressRules : nil
        content.hasAddressRules = true
        guard listed?.allowed.isEmpty ?? true else {
            return report(
                [
                    .init(
                        severity: .warning, line: compiled.access[0].line,
                        fault: "allow and deny have no effect: allowlist-source-range decides before them", remedy: "")
                ], of: "configuration-snippet")
        }
        var both = rules
        both.denied.insert(contentsOf: listed?.denied ?? [], at: 0)
        content.policy.addressRules = both
    }

    /// The fields that an `auth-snippet` gives the question to the authorization service.
    mutating func readQuestionSnippet(
        _ text: String, into content: inout TranslatedIngress.Content
    ) -> [HeaderEdits.Field] {
        var compiler = SnippetCompiler(.question, within: globals, variables: snippetVariables)
        compiler.add(text)
        report(compiler.findings, of: "auth-snippet")
        if compiler.isRefused { content.refusal = content.refusal ?? "because of auth-snippet" }
        return compiler.questionFields
    }

    /// The groups of the Ingress's paths that snippets refer to, by path.
    private func namedGroups(of snippets: SnippetDraft) -> [String: [NamedGroup]] {
        let texts = [snippets.ofPaths, snippets.ofHost].compactMap { $0 }
        guard !texts.isEmpty else { return [:] }
        var names: [String: [NamedGroup]] = [:]
        for path in ingress.rules.lazy.flatMap(\.paths).compactMap(\.path) where path.contains("(?") {
            let groups = SnippetNames.groups(ofPath: path, namedIn: texts)
            if !groups.isEmpty { names[path] = groups }
        }
        return names
    }

    /// Lets the groups of a path's pattern set the variables that they name.
    func nameGroups(of path: String, in policy: inout RoutePolicy) {
        guard let names = pathNames[path] else { return }
        var rules = policy.rules ?? RequestRules()
        rules.ofMatch = names
        policy.rules = rules
    }

    /// - Parameter names: variables that groups of paths set.
    /// - Returns: the variables that the snippet knows.
    private mutating func readServerSnippet(
        _ text: String?, knowing names: Set<String>, into content: inout TranslatedIngress.Content
    ) -> Set<String> {
        guard let text else { return [] }
        var compiler = SnippetCompiler(.server, within: globals, variables: names)
        compiler.isOfIngress = true
        compiler.add(text)
        var findings = compiler.findings
        let labels = RouteLabels(namespace: ingress.metadata.namespace, object: ingress.metadata.name)
        var server = ServerSnippet(
            compiler, labels: labels, origin: annotationOrigin("server-snippet"),
            over: globals.defaults)
        server.limitsAround = globals.commonLimits
        var isRefused = compiler.isRefused
        if !compiler.access.isEmpty {
            server.addressRules = SnippetAccess.rules(compiler.access)
            if server.addressRules == nil {
                isRefused = true
                findings.append(
                    .init(
                        severity: .rejected, line: compiler.access[0].line,
                        fault: SnippetAccess.fault, remedy: SnippetAccess.remedy))
            }
        }
        findings += forward(compiler.locations, of: &server, into: &content)
        report(findings, of: "server-snippet")
        if isRefused { content.hostRefusal = content.hostRefusal ?? "because of server-snippet" }
        content.server = server
        return server.variables
    }

    /// Gives annotations the values that directives stand for.
    mutating func put(
        _ compiled: SnippetCompiler, into draft: inout IngressDraft, of annotation: String = "configuration-snippet"
    ) {
        if compiled.overrides.contains(where: { $0.annotation.hasPrefix("proxy-ssl-") }) {
            draft.upstreamTLS.isOfSnippet = true
            // nginx's own default, which the annotations don't have.
            if draft.upstreamTLS.secret == nil { draft.upstreamTLS.versions = TLSVersion.allCases }
        }
        for override in compiled.overrides {
            guard let row = AnnotationTable.ingressNginx[override.annotation] else { continue }
            do throws(ValueFault) {
                guard row.support == .honoured else { throw ValueFault("\(row.name) is not honoured") }
                try row.write(override.value, &draft)
            } catch {
                report(
                    [
                        .init(
                            severity: .warning, line: override.line,
                            fault: "\(override.directive): \(error.fault): it counts as absent", remedy: error.remedy)
                    ], of: annotation)
            }
        }
        draft.bodies.rewriting.cookieFlags += compiled.cookieFlags ?? []
        draft.bodies.requestTimeout = compiled.bodyTimeout ?? draft.bodies.requestTimeout
        draft.transfer.clientKeepAlive = compiled.keepAlive ?? draft.transfer.clientKeepAlive
        for setting in compiled.compression { draft.compression.apply(setting) }
        draft.responseCache = compiled.responseCache.within(draft.responseCache)
        if let rule = compiled.cookiePath { draft.bodies.rewriting.cookiePath = rule }
    }

    mutating func report(_ findings: [SnippetCompiler.Finding], of annotation: String) {
        for finding in findings {
            diagnostics.append(
                Diagnostic(
                    finding.severity, annotationOrigin(annotation), field: annotationField(annotation),
                    "line \(finding.line): \(finding.fault)", remedy: finding.remedy))
        }
    }
}

extension SnippetCompiler {
    /// The fields that the directives give a question to an authentication service.
    var questionFields: [HeaderEdits.Field] {
        var fields: [HeaderEdits.Field] = []
        if let upstreamHost { fields.append(.init(name: "Host", value: upstreamHost)) }
        for edit in headers.upstream {
            switch edit.value {
            case .literal(let text), .template(let text): fields.append(.init(name: edit.name, value: text))
            case .date: break
            }
        }
        return fields
    }
}
