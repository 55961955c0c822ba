import Kubernetes
import Model
import Pattern
import Translation

/// Translates one Ingress by itself.
struct IngressReader {
    let store: ObjectStore
    let classes: ClassFilter
    let annotations: AnnotationReader
    let globals: GlobalSettings
    let certificates: CertificateResolver
    let options: TranslationOptions

    /// Whether what was read before still holds.
    func holds(_ ingress: TranslatedIngress) -> Bool {
        ingress.dependencies.allSatisfy { $0.holds(in: store) }
            && (ingress.validUntil == .max || ingress.validUntil > certificates.now())
    }

    func read(_ source: ObjectTable<Ingress>.Shared) -> TranslatedIngress {
        var reading = IngressReading(
            ingress: source.object, store: store, globals: globals, certificates: certificates, options: options)
        let content = reading.read(classes, annotations)
        return TranslatedIngress(
            source, reading.isRejected ? TranslatedIngress.Content() : content, isRejected: reading.isRejected,
            diagnostics: reading.diagnostics, dependencies: reading.dependencies,
            validUntil: reading.validUntil)
    }
}

/// The reading of one Ingress under way.
struct IngressReading {
    let ingress: Ingress
    let store: ObjectStore
    let globals: GlobalSettings
    let certificates: CertificateResolver
    let options: TranslationOptions
    let seniority: Seniority
    private var balancing = BalancingDraft()
    private var sessionCookie: SessionCookie?
    var ownRequestRules = OwnRequestRules()
    /// Variables that groups of paths set, by path.
    var pathNames: [String: [NamedGroup]] = [:]
    /// Variables that snippets of the paths and around them set.
    var snippetVariables: Set<String> = []
    /// Upstreams of own requests, by name.
    var ownUpstreams: [UpstreamID: UpstreamRequest] = [:]
    var isRejected = false
    var diagnostics: [Diagnostic] = []
    var dependencies: [TranslatedIngress.Dependency] = []
    /// When the first certificate that was found expires.
    var validUntil = Int64.max

    init(
        ingress: Ingress, store: ObjectStore, globals: GlobalSettings, certificates: CertificateResolver,
        options: TranslationOptions
    ) {
        self.ingress = ingress
        seniority = Seniority(ingress.metadata)
        self.store = store
        self.globals = globals
        self.certificates = certificates
        self.options = options
    }

    mutating func read(_ classes: ClassFilter, _ annotations: AnnotationReader) -> TranslatedIngress.Content {
        var content = TranslatedIngress.Content()
        guard isOurs(classes.verdict(on: ingress)) else { return content }
        let reading = annotations.read(ingress, &diagnostics)
        if reading.isRejected {
            isRejected = true
            return content
        }
        var draft = reading.draft
        balancing = draft.balancing
        if draft.canary.isCanary {
            noteIdle(annotations.names(on: ingress))
            content.canary = readCanary(draft)
            return content
        }
        sessionCookie = draft.affinity.sessionCookie()
        content.routing = draft.routing
        noteCookiePath(draft)
        let snippet = readSnippets(into: &draft, &content)
        content.policy = draft.policy()
        content.hasAddressRules = draft.addresses.hasOwnRules
        content.hasCustomErrors = draft.errors.statuses != globals.defaults.errors.statuses
        content.policy.rateLimit = draft.limits.rateLimit(of: ingress.metadata.key)
        content.redirect = draft.redirects.redirect()
        if let cause = (reading.refusals + draft.protection.refusingPaths).first {
            content.refusal = "because of \(cause)"
        }
        if let cause = draft.protection.refusingHosts.first { content.hostRefusal = "because of \(cause)" }
        content.appRoot = draft.routing.appRoot.map { AppRoot(path: $0, origin: annotationOrigin("app-root")) }
        readTLS(draft, into: &content)
        readPasswords(draft.passwords, into: &content)
        noteOrigins(draft.cors.badOrigins)
        readHeaders(draft.headers.custom, into: &content)
        put(snippet, into: &content)
        readFallback(draft.errors.defaultBackend, into: &content)
        readOwnRequests(draft, into: &content)
        readDefaultBackend(into: &content)
        readRules(into: &content)
        settleSecureRedirects(of: &content)
        return content
    }

    /// The hosts and paths of a canary, which get none of its policies.
    private mutating func readCanary(_ draft: IngressDraft) -> TranslatedIngress.Canary {
        var content = TranslatedIngress.Content()
        content.routing.usesRegex = draft.routing.usesRegex || draft.routing.rewriteTarget != nil
        readRules(into: &content)
        if let backend = ingress.defaultBackend {
            diagnostics.append(
                Diagnostic(
                    .warning, Origin(ingress, line: backend.line), field: "spec.defaultBackend",
                    "a canary has no part in default backends, so it has no effect"))
        }
        return TranslatedIngress.Canary(
            draft: draft.canary, sharesSessions: draft.affinity.staysOnItsSide, hosts: content.hosts)
    }

    /// Says which annotations of a canary count for nothing.
    private mutating func noteIdle(_ names: [String]) {
        let acting =
            (AnnotationGroup.canary.rows + AnnotationGroup.balancing.rows).map(\.name) + ["affinity-canary-behavior"]
        let idle = names.filter { !acting.contains($0) }
        guard !idle.isEmpty else { return }
        diagnostics.append(
            Diagnostic(
                .warning, Origin(ingress), field: "metadata.annotations",
                "what a canary says of \(idle.joined(separator: ", ")) has no effect: the main Ingress's annotations hold for both",
                remedy: "take them out"))
    }

    /// A cookie's path is compared with requests' paths as it stands, which a regular expression never equals.
    private mutating func noteCookiePath(_ draft: IngressDraft) {
        let usesRegex = draft.routing.usesRegex || draft.routing.rewriteTarget != nil
        guard usesRegex, draft.affinity.givesCookie(), draft.affinity.cookie.path == nil else { return }
        diagnostics.append(
            Diagnostic(
                .warning, annotationOrigin("affinity"), field: annotationField("affinity"),
                "the session cookie's Path is the path as written, a regular expression, so clients never send it back",
                remedy: "set session-cookie-path"))
    }

    private mutating func isOurs(_ verdict: ClassFilter.Verdict) -> Bool {
        switch verdict {
        case .served: return true
        case .servedWithoutClass:
            note(field: "spec.ingressClassName", "names no class; it is served, as the manifests hold no IngressClass")
            return true
        case .foreign(""):
            note(
                field: "spec.ingressClassName", "names no class, so the Ingress is not served",
                remedy: "name one, or start with --watch-ingress-without-class")
            return false
        case .foreign(let name):
            note(field: "spec.ingressClassName", "is \(quoted(name)), a class that others serve")
            return false
        case .unknownClass(let name):
            diagnostics.append(
                Diagnostic(
                    .warning, Origin(ingress, line: ingress.classNameLine), field: "spec.ingressClassName",
                    "there is no IngressClass \(quoted(name)), so the Ingress is not served",
                    remedy: "add it to the manifests"))
            return false
        }
    }

    // MARK: Rules and backends

    private mutating func readRules(into content: inout TranslatedIngress.Content) {
        let usesRegex = content.routing.usesRegex || content.routing.rewriteTarget != nil
        let paths = IngressPaths(isStrict: globals.validatesPathsStrictly, usesRegex: usesRegex)
        for (number, rule) in ingress.rules.enumerated() {
            var fault = ""
            guard let name = RuleHost.parse(rule.host, fault: &fault) else {
                reject(rule.line, "spec.rules[\(number)].host", fault, remedy: "write a DNS name")
                continue
            }
            let index = hostIndex(name, rule, number: number, in: &content)
            for (position, path) in rule.paths.enumerated() {
                let place = TranslatedIngress.Place(rule: number, path: position)
                guard var (route, details) = read(path, of: rule, at: place, paths, content) else { continue }
                addOwnRequests(to: &route, &details, on: name)
                if isWithoutAuth(route.labels.path) { route.policy.needNoPassword() }
                if route.policy.rewrite != nil { content.hosts[index].usesRegex = true }
                content.hosts[index].routes.append(route)
                content.hosts[index].paths.append(details)
            }
        }
        addOwnRequestsToRoots(of: &content)
        if ingress.rules.isEmpty, ingress.defaultBackend == nil {
            note(field: "spec", "has neither rules nor a default backend, so it serves nothing")
        }
    }

    /// The host's place in the list; rules with the same host are one.
    private func hostIndex(
        _ name: HostName, _ rule: Ingress.Rule, number: Int, in content: inout TranslatedIngress.Content
    ) -> Int {
        if let index = content.hosts.firstIndex(where: { $0.name == name }) { return index }
        content.hosts.append(
            TranslatedIngress.Host(
                name: name, rule: number, origin: Origin(ingress, line: rule.line),
                usesRegex: content.routing.usesRegex))
        return content.hosts.count - 1
    }

    private mutating func read(
        _ path: Ingress.Path, of rule: Ingress.Rule, at place: TranslatedIngress.Place, _ paths: IngressPaths,
        _ content: TranslatedIngress.Content
    ) -> (Route, TranslatedIngress.Path)? {
        let match: PathMatch
        do throws(IngressPaths.Fault) { match = try paths.match(path) } catch {
            reject(path.line, "\(place).path", error.fault, remedy: error.remedy)
            return nil
        }
        let text = path.path.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        checkCaptures(of: content.routing, in: text)
        let labels = RouteLabels(
            namespace: ingress.metadata.namespace, object: ingress.metadata.name, path: text, host: rule.host ?? "")
        let origin = Origin(ingress, line: path.line)
        guard var (route, details) = lead(path.backend, match, labels, at: place, origin: origin, content) else {
            return nil
        }
        details.type = path.type
        content.routing.applyRewrite(of: text, to: &route.policy)
        nameGroups(of: text, in: &route.policy)
        return (route, details)
    }

    /// A route to a backend, under the Ingress's policy but for rewriting.
    private mutating func lead(
        _ backend: Ingress.Backend, _ match: PathMatch, _ unnamed: RouteLabels, at place: TranslatedIngress.Place?,
        origin: Origin, _ content: TranslatedIngress.Content
    ) -> (Route, TranslatedIngress.Path)? {
        var labels = unnamed
        var details = TranslatedIngress.Path(type: .implementationSpecific, place: place)
        var action = RouteAction.refuse(status: 404, reason: "the backend is no Service")
        switch backend.target {
        case .service(let name, let port):
            guard let port = checked(name, port, at: place, line: backend.line) else { return nil }
            let request = UpstreamRequest(
                ServicePort(namespace: ingress.metadata.namespace, service: name, port: port),
                loadBalancing: balancing.algorithm, hashing: balancing.hashing(), sessionCookie: sessionCookie,
                usesClusterAddress: balancing.usesClusterAddress,
                seniority: seniority, origin: origin, field: details.upstreamField)
            action = .forward(request.usualID)
            details.upstream = request
            labels.service = name
            labels.servicePort = port.description
        case .resource(let kind, let name):
            diagnostics.append(
                Diagnostic(
                    .warning, origin, field: "\(details.backendField).resource",
                    "\(quoted("\(kind) \(name)")) is no Service: requests are answered by the default backend"))
        }
        if let redirect = content.redirect { action = .redirect(redirect) }
        if let reason = content.refusal ?? content.hostRefusal { action = .refuse(status: 503, reason: reason) }
        let route = Route(
            match: RouteMatch(path: match), action: action, policy: content.policy, labels: labels,
            origin: origin)
        return (route, details)
    }

    private mutating func checked(
        _ name: String, _ port: PortReference?, at place: TranslatedIngress.Place?, line: SourceLine
    ) -> PortReference? {
        switch port {
        case .number(let number)? where (1...65_535).contains(number) && isServiceName(name): return port
        case .name(let portName)? where isServiceName(portName) && isServiceName(name): return port
        default: break
        }
        let field = TranslatedIngress.Path(type: .exact, place: place).backendField
        guard isServiceName(name) else {
            reject(line, "\(field).service.name", "\(quoted(name)) is no name of a Service")
            return nil
        }
        switch port {
        case nil:
            reject(line, "\(field).service.port", "is missing", remedy: "write a number or a name")
        case .number(let number)?:
            reject(line, "\(field).service.port.number", "\(number) is no port")
        case .name(let name)?:
            reject(line, "\(field).service.port.name", "\(quoted(name)) is no name of a port")
        }
        return nil
    }

    /// Redirects and rewrites are not applied to a default backend. An Ingress without rules serves the
    /// catch-all host by it.
    private mutating func readDefaultBackend(into content: inout TranslatedIngress.Content) {
        guard let backend = ingress.defaultBackend else { return }
        var plain = content
        plain.redirect = nil
        let origin = Origin(ingress, line: backend.line)
        let labels = RouteLabels(namespace: ingress.metadata.namespace, object: ingress.metadata.name, path: "/")
        guard var (route, path) = lead(backend, .prefix("/"), labels, at: nil, origin: origin, plain) else { return }
        if ingress.rules.isEmpty { addOwnRequests(to: &route, &path, on: .any) }
        content.defaultBackend = TranslatedIngress.DefaultBackend(route: route, path: path)
        if ingress.rules.isEmpty {
            content.hosts = [
                TranslatedIngress.Host(
                    name: .any, rule: nil, origin: origin, routes: [route], paths: [path], usesRegex: false)
            ]
        }
    }

    /// Warns when a rewrite refers to captures that the path's pattern lacks.
    private mutating func checkCaptures(of routing: RoutingDraft, in path: String) {
        guard let target = routing.rewriteTarget, target != path else { return }
        var highest = 0
        var previous: UInt8 = 0
        for byte in target.utf8 {
            if previous == UInt8(ascii: "$"), (0x31...0x39).contains(byte) { highest = max(highest, Int(byte - 0x30)) }
            previous = byte
        }
        guard highest > 0, let pattern = try? Pattern(path), pattern.groupCount < highest else { return }
        diagnostics.append(
            Diagnostic(
                .warning, annotationOrigin("rewrite-target"), field: annotationField("rewrite-target"),
                "refers to $\(highest), but \(quoted(path)) has \(pattern.groupCount) captures: it stays empty",
                remedy: "write groups into the path, such as \(path == "/" ? "" : path)(/|$)(.*)"))
    }
}

extension IngressReading {
    mutating func reject(_ line: SourceLine, _ field: String, _ fault: String, remedy: String = "") {
        isRejected = true
        diagnostics.append(
            Diagnostic(.rejected, Origin(ingress, line: line), field: field, fault, remedy: remedy))
    }

    mutating func note(field: String, _ fault: String, remedy: String = "") {
        diagnostics.append(Diagnostic(.note, Origin(ingress), field: field, fault, remedy: remedy))
    }
}
