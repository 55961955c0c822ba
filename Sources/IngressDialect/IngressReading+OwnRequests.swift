import Kubernetes
import Model
import Translation

/// Annotations for whose sake Gatehouse makes requests of its own: `auth-…` and `mirror-…`.
extension IngressReading {
    /// Reads what is the same for all paths; an unusable reference closes them.
    mutating func readOwnRequests(_ draft: IngressDraft, into content: inout TranslatedIngress.Content) {
        var rules = OwnRequestRules(auth: draft.externalAuth, mirror: draft.mirror)
        if rules.auth.url == nil, rules.auth.followsGlobal, globals.externalAuth.url != nil {
            rules.auth = globals.externalAuth
            rules.authIsGlobal = true
            rules.authFields = globals.questionFields
        }
        rules.identity = ingress.metadata.uid
        if rules.auth.url != nil, let reference = rules.auth.fields {
            rules.authFields += readAuthFields(reference, into: &content)
        }
        if rules.auth.url != nil, !rules.authIsGlobal, let text = draft.snippets.ofQuestion {
            rules.authFields += readQuestionSnippet(text, into: &content)
        }
        if let url = rules.mirror.url, url.target.isEmpty {
            note(
                annotation: "mirror-target",
                "names no path: copies have the path /_mirror-\(rules.identity), as ingress-nginx sends them",
                remedy: "append $request_uri for the request's own")
        }
        ownRequestRules = rules
    }

    private mutating func readAuthFields(
        _ written: NamespacedName, into content: inout TranslatedIngress.Content
    ) -> [HeaderEdits.Field] {
        guard let configMap = referredConfigMap(written, of: "auth-proxy-set-headers", into: &content) else {
            return []
        }
        var fields: [HeaderEdits.Field] = []
        for entry in configMap.data {
            guard CustomHeader.isName(entry.key), !CustomHeader.isFraming(entry.key),
                entry.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), entry.value.utf8.count <= 4 << 10
            else {
                refuse(
                    "auth-proxy-set-headers",
                    "\(quoted(entry.key)) in ConfigMap \(configMap.metadata.namespace)/\(configMap.metadata.name) can't be set on a request",
                    remedy: "use letters, digits, - and _ in names and no control characters in values", &content)
                return []
            }
            if let fault = TemplateText.fault(in: entry.value, variables: snippetVariables) {
                refuse(
                    "auth-proxy-set-headers",
                    "\(quoted(entry.key)) in ConfigMap \(configMap.metadata.namespace)/\(configMap.metadata.name) \(fault)",
                    remedy: "", &content)
                return []
            }
            fields.append(HeaderEdits.Field(name: entry.key, value: entry.value))
        }
        return fields
    }

    /// Gives a path its policies.
    mutating func addOwnRequests(to route: inout Route, _ path: inout TranslatedIngress.Path, on host: HostName) {
        let own = ownRequests(for: route.labels, on: host)
        own.apply(to: &route)
        path.ownUpstreams = own.upstreams
    }

    /// Gives the path `/` of hosts that have none theirs. What is wrong with it was said of the other paths.
    mutating func addOwnRequestsToRoots(of content: inout TranslatedIngress.Content) {
        let said = diagnostics
        for index in content.hosts.indices {
            let host = content.hosts[index]
            guard !host.routes.contains(where: { $0.match.path == .prefix("/") }) else { continue }
            let labels = RouteLabels(
                namespace: ingress.metadata.namespace, object: ingress.metadata.name, path: "/",
                host: host.name == .any ? "" : host.name.description)
            content.hosts[index].root = ownRequests(for: labels, on: host.name)
        }
        if !content.hosts.allSatisfy({ $0.routes.isEmpty }) { diagnostics = said }
    }

    /// What applies to one path.
    ///
    /// - Parameter host: the host under which the path is served.
    mutating func ownRequests(for labels: RouteLabels, on host: HostName) -> OwnRequests {
        var own = OwnRequests()
        let rules = ownRequestRules
        guard rules.auth.url != nil || rules.mirror.url != nil else { return own }
        let constants = Self.constants(labels, host)
        if let url = rules.auth.url, !isWithoutAuth(labels.path) {
            let annotation = rules.authIsGlobal ? nil : "auth-url"
            do throws(ValueFault) {
                let destination = try destination(url, constants, for: .question, annotation, &own)
                try checkVariables([rules.auth.signIn, rules.auth.cacheKey])
                var policy = rules.auth.policy(destination)
                policy.fields = rules.authFields
                own.externalAuth = policy
            } catch {
                own.refusal = "because of \(annotation ?? "global-auth-url of the ConfigMap")"
                report(error, annotation, "paths of \(host) answer 503")
            }
        }
        if let url = rules.mirror.url {
            do throws(ValueFault) {
                let destination = try destination(url, constants, for: .copy, "mirror-target", &own)
                own.mirror = Mirror(
                    destination: destination, appendsQuery: !url.target.contains("$"),
                    copiesBody: rules.mirror.copiesBody)
            } catch {
                report(error, "mirror-target", "no copies are sent")
            }
        }
        return own
    }

    /// Whether `no-auth-locations` of the ConfigMap keeps a path free of authentication.
    func isWithoutAuth(_ path: String) -> Bool { globals.locationsWithoutAuth.contains { path.hasPrefix($0) } }

    private func checkVariables(_ texts: [String?]) throws(ValueFault) {
        for case let text? in texts {
            if let fault = TemplateText.fault(in: text, variables: snippetVariables) {
                throw ValueFault("\(quoted(text)) \(fault)")
            }
        }
    }

    private mutating func destination(
        _ url: ServiceURL, _ constants: [String: String], for purpose: UpstreamRequest.Purpose, _ annotation: String?,
        _ own: inout OwnRequests
    ) throws(ValueFault) -> Destination {
        let host = try url.host(constants)
        try checkVariables([url.target, purpose == .copy ? ownRequestRules.mirror.host : nil])
        let target = ServiceURL.target(of: host, port: url.port)
        let origin = annotation.map(annotationOrigin) ?? Origin(ingress)
        let field = annotation.map(annotationField) ?? "data.global-auth-url"
        let request = UpstreamRequest(target, for: purpose, seniority: seniority, origin: origin, field: .other(field))
        // Paths that lead to the same place share one request.
        let shared = ownUpstreams[request.usualID] ?? request
        ownUpstreams[request.usualID] = shared
        own.upstreams.append(shared)
        let written = LiteralAddress(host)?.isVersion6 == true ? "[\(host)]" : host
        let isCopy = purpose == .copy
        let path = url.target.isEmpty ? (isCopy ? "/_mirror-\(ownRequestRules.identity)" : "/") : url.target
        return Destination(
            upstream: shared.usualID, isSecure: url.isSecure, serverName: url.isSecure ? host : nil,
            host: isCopy ? ownRequestRules.mirror.host ?? written : written,
            target: path.hasPrefix("?") ? "/\(path)" : path)
    }

    /// Variables that are the same for all requests of a path.
    private static func constants(_ labels: RouteLabels, _ host: HostName) -> [String: String] {
        var constants = [
            "namespace": labels.namespace, "ingress_name": labels.object, "service_name": labels.service,
            "service_port": labels.servicePort,
        ]
        if case .exact(let name) = host {
            for variable in ["host", "http_host", "best_http_host", "server_name"] { constants[variable] = name }
        }
        return constants
    }

    private mutating func report(_ fault: ValueFault, _ annotation: String?, _ outcome: String) {
        let diagnostic = Diagnostic(
            .rejected, annotation.map(annotationOrigin) ?? Origin(ingress),
            field: annotation.map(annotationField) ?? "data.global-auth-url", "\(fault.fault): \(outcome)",
            remedy: fault.remedy)
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    private mutating func note(annotation: String, _ fault: String, remedy: String) {
        diagnostics.append(
            Diagnostic(
                .warning, annotationOrigin(annotation), field: annotationField(annotation), fault, remedy: remedy))
    }
}
