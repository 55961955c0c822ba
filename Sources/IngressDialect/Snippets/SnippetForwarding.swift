import Kubernetes
import Model
import Translation

/// `proxy_pass` in a `location` of a server snippet: the host's own path leads to a backend.
extension IngressReading {
    /// Lets the locations that name a backend lead there; the others stay as they are.
    ///
    /// Such a path has the ConfigMap's defaults and what its own directives say; it has none of the Ingress's annotations,
    /// as in nginx.
    mutating func forward(
        _ locations: [SnippetLocation], of server: inout ServerSnippet, into content: inout TranslatedIngress.Content
    ) -> [SnippetCompiler.Finding] {
        var findings: [SnippetCompiler.Finding] = []
        for (index, location) in locations.enumerated() {
            guard let url = location.compiled.destination, !location.compiled.isRefused else { continue }
            do throws(ValueFault) {
                content.serverUpstreams.append(
                    try forward(location, to: url, &server.locations[index], allowing: location.compiled.access))
            } catch {
                server.locations[index].route.action = .refuse(
                    status: 503, reason: "the location of the snippet is not understood")
                findings.append(
                    .init(
                        severity: .rejected, line: location.line,
                        fault: "proxy_pass: \(error.fault): the location answers 503", remedy: error.remedy))
            }
        }
        return findings
    }

    private mutating func forward(
        _ location: SnippetLocation, to url: ServiceURL, _ place: inout ServerSnippet.Location,
        allowing access: [SnippetCompiler.AccessRule]
    ) throws(ValueFault) -> UpstreamRequest {
        let target = ServiceURL.target(of: try url.host([:]), port: url.port)
        var steps = location.compiled.steps
        if let rewrite = try SnippetLocation.pathRewrite(location.match, to: url.target) {
            steps.append(.rewrite(rewrite))
        }
        var draft = globals.defaults
        put(location.compiled, into: &draft, of: "server-snippet")
        var policy = draft.policy()
        if !access.isEmpty {
            guard let rules = SnippetAccess.rules(access) else {
                throw ValueFault(SnippetAccess.fault, remedy: SnippetAccess.remedy)
            }
            policy.addressRules = rules
        }
        policy.rules = location.rules(steps)
        policy.headerEdits = place.route.policy.headerEdits
        policy.substitution = location.compiled.substitution.policy()
        location.compiled.shapeRequests(&policy)
        policy.observation.unloggedBranches = location.compiled.unloggedBranches
        policy.isInternal = location.compiled.isInternal
        policy.hostOverride = location.compiled.upstreamHost.map(HostOverride.init(template:))
        if url.isSecure { policy.transport.speaks = .https }
        if draft.upstreamTLS.isOfSnippet {
            policy.transport.tls = unverifiedTLS(draft.upstreamTLS, of: "server-snippet")
        }
        let request = UpstreamRequest(
            target, seniority: seniority, origin: annotationOrigin("server-snippet"),
            field: .other(annotationField("server-snippet")))
        place.target = target
        place.route.policy = policy
        place.route.action = .forward(request.usualID)
        place.route.labels.service = target.service
        place.route.labels.servicePort = "\(target.port)"
        return request
    }
}

extension SnippetLocation {
    /// What takes the place of the location's path, as nginx has it for a `proxy_pass` with a path behind its host.
    ///
    /// - Returns: nil when the path stays as it is.
    static func pathRewrite(
        _ match: PathMatch, to target: String
    ) throws(ValueFault) -> RequestRules.PathRewrite? {
        if target.isEmpty || target == "$request_uri" { return nil }
        guard target.hasPrefix("/"), !target.contains("?"), !target.contains("$") else {
            throw ValueFault(
                "a path with variables or a query behind the host is not honoured",
                remedy: "write a plain path, or none")
        }
        switch match {
        case .exact(let path): return .init("^\(escaped(path))$", to: target, .stay)
        case .prefix(let path): return .init("^\(escaped(path))([\\s\\S]*)$", to: "\(target)$1", .stay)
        case .regex:
            throw ValueFault(
                "a path behind the host has no meaning in a location with a regular expression or a name",
                remedy: "write the host alone, and rewrite … break")
        }
    }

    /// A pattern that matches the text and nothing else.
    private static func escaped(_ text: String) -> String {
        var pattern = ""
        for character in text {
            let isPlain = character.isLetter || character.isNumber || character == "/" || character == "-"
            pattern += isPlain ? String(character) : "\\\(character)"
        }
        return pattern
    }
}
