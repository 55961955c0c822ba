import Model

/// Compiles snippets into rules, edits and annotations' values. Pure: what it makes depends on the texts alone.
///
/// Whatever isn't understood is a finding. Where it might keep somebody out, the whole place is closed: the paths of
/// the Ingress, or for a server the host, answer 503.
struct SnippetCompiler: Sendable {
    /// What is to be said about a snippet.
    struct Finding: Sendable, Equatable {
        var severity: Diagnostic.Severity
        /// Counted from 1 within the text.
        var line: Int
        var fault: String
        var remedy: String
    }

    /// An annotation's value that a directive stands for.
    struct Override: Sendable, Equatable {
        var annotation: String
        var value: String
        var line: Int
        var directive: String
    }

    /// `allow` or `deny`.
    struct AccessRule: Sendable, Equatable {
        var allows: Bool
        /// An address or CIDR block, or `all`.
        var block: String
        var line: Int
    }

    private(set) var context: SnippetContexts
    /// Names that `set` of these snippets and of those around them give a value.
    private(set) var variables: Set<String>
    /// The type of texts that `return` sends.
    var mediaType: String
    var steps: [RequestRules.Step] = []
    var headers = SnippetHeaders()
    var overrides: [Override] = []
    var access: [AccessRule] = []
    /// `limit_req`, `limit_conn` and their kin
    var limits = ZoneLimitsDraft()
    /// `error_page` and its kin
    var errors = ErrorRoutesDraft()
    /// `proxy_method`, `proxy_set_body` and their kin
    var form: RequestForm?
    /// A text asks for `$request_body`.
    private(set) var readsBody = false
    /// `internal`
    var isInternal = false
    /// The zones that limits may name.
    var zones = LimitZones()
    /// The `Host` for the upstream.
    var upstreamHost: String?
    /// `auth_request_set`: variables and the headers of the authorization service's answer that they take.
    var answerVariables: [String: String] = [:]
    /// `auth_basic off` and `auth_request off`
    var switchedOff: [SwitchedOff] = []
    /// A `proxy_cookie_path` that adds attributes.
    var cookiePath: ResponseRewrite.Rule?
    var locations: [SnippetLocation] = []
    /// Whether this is a `location` block, to which no annotation of an Ingress's paths applies.
    var isOwnLocation = false
    /// Whether it may name a backend, since no path of an Ingress leads its requests on.
    var mayForward = false
    /// Whether `location` blocks may name a backend: those of the ConfigMap belong to no Ingress.
    var isOfIngress = false
    /// `access_log off`
    var silencesLog = false
    /// Branches that say so.
    var unloggedBranches: [Int] = []
    /// `proxy_pass`
    var destination: ServiceURL?
    /// `client_body_timeout`
    var bodyTimeout: Duration?
    /// `keepalive_timeout`
    var keepAlive: ClientKeepAlive?
    /// `sub_filter` and its kin
    var substitution = SubstitutionDraft()
    /// `gzip` and its kin
    var compression: [CompressionDraft.Setting] = []
    /// `proxy_cache` and its kin
    var responseCache = ResponseCacheDraft()
    /// `proxy_cache_path`
    var definedCacheZones: [ResponseCacheZone] = []
    /// Names of the zones that there are.
    var cacheZones: Set<String> = []
    /// Places of addresses are looked up (`use-geoip2`).
    var knowsPlaces = false
    /// `proxy_cookie_flags`, which may be `off`; nil where there is none.
    var cookieFlags: [CookieFlags]?
    private(set) var findings: [Finding] = []
    /// Something that might keep somebody out is not understood.
    private(set) var isRefused = false
    /// The branch whose block is compiled; 0 outside.
    private(set) var branch = 0
    private var branches = 0

    init(
        _ context: SnippetContexts, mediaType: String = "text/html", variables: Set<String> = [],
        zones: LimitZones = LimitZones()
    ) {
        self.context = context
        self.zones = zones
        self.mediaType = mediaType
        self.variables = variables
    }

    /// A snippet that knows what the ConfigMap says for all of them.
    init(_ context: SnippetContexts, within globals: GlobalSettings, variables: Set<String> = []) {
        self.init(context, mediaType: globals.mediaType, variables: variables, zones: globals.zones)
        cacheZones = globals.cacheZones
        knowsPlaces = globals.settings.geo.isOn
    }

    /// Adds a text to what was compiled before; both stand in the same place.
    mutating func add(_ text: String) {
        do throws(NginxText.Fault) {
            add(try NginxText(text).directives)
        } catch {
            refuse(error.line, error.description, remedy: "")
        }
    }

    mutating func add(_ directives: [NginxText.Directive]) {
        variables.formUnion(Self.variables(in: directives))
        if context == .http { cacheZones.formUnion(Self.zoneNames(in: directives)) }
        if context == .location, !isOwnLocation, !variables.contains(Self.answerCookie),
            Self.mention(Self.answerCookie, directives)
        {
            variables.insert(Self.answerCookie)
            answerVariables[Self.answerCookie] = "Set-Cookie"
        }
        if Self.mention(Self.requestBody, directives) {
            readsBody = readsBody || !variables.contains(Self.requestBody)
            variables.insert(Self.requestBody)
        }
        if let type = directives.last(where: { $0.name == "default_type" })?.arguments.first { mediaType = type.text }
        for directive in directives { add(directive) }
    }

    private mutating func add(_ directive: NginxText.Directive) {
        guard let row = SnippetTable[directive.name] else { return reportUnknown(directive) }
        guard row.contexts.contains(context) else {
            return fail(
                directive, "\(directive.name) has no place in \(context.name)", remedy: row.remedy(in: context))
        }
        guard row.hasBlock == (directive.block != nil) else {
            let form = row.hasBlock ? "needs a block" : "ends in a semicolon, not in a block"
            return fail(
                directive, "\(directive.name) \(form)",
                remedy: "write it as nginx has it: nginx.org/en/docs/dirindex.html")
        }
        guard row.words.contains(directive.arguments.count) else {
            return fail(
                directive, "\(directive.name) has \(directive.arguments.count) words behind it",
                remedy: "write \(row.words.lowerBound)"
                    + (row.words.count > 1 ? " to \(row.words.upperBound)" : ""))
        }
        do throws(ValueFault) {
            try row.compile(&self, directive)
        } catch {
            let form = "the row of \(row.name) in Docs/snippets.md has its form"
            fail(directive, "\(directive.name): \(error.fault)", remedy: error.remedy.isEmpty ? form : error.remedy)
        }
    }

    private mutating func reportUnknown(_ directive: NginxText.Directive) {
        if directive.name.contains("_by_lua") {
            return fail(
                directive, "\(directive.name) would run code, which nothing here does",
                remedy: "use annotations, or a service that auth-url asks")
        }
        if let remedy = SnippetTable.remedy(for: directive.name) {
            return fail(directive, "\(directive.name) is not honoured", remedy: remedy)
        }
        fail(
            directive, "\(quoted(directive.name)) is no directive that Gatehouse knows",
            remedy: SnippetTable.remedyForUnknown(directive.name))
    }

    /// A directive that can't be honoured: its place is closed when it might keep somebody out.
    private mutating func fail(_ directive: NginxText.Directive, _ fault: String, remedy: String) {
        let holdsDeciding = directive.block?.contains { SnippetTable.mayKeepOut($0.name) } ?? false
        if SnippetTable.mayKeepOut(directive.name) || holdsDeciding || setsPlace(directive) {
            refuse(directive.line, fault, remedy: remedy)
            // Conditions that ask for it are compiled all the same.
            if setsPlace(directive) { steps.append(.set(String(directive.arguments[0].text.dropFirst()), to: "")) }
        } else {
            report(.warning, directive.line, "\(fault): it counts as absent", remedy: remedy)
        }
    }

    /// Whether it gives a variable a place: what is set so is asked by conditions, which must not find it empty.
    private func setsPlace(_ directive: NginxText.Directive) -> Bool {
        directive.name == "set" && directive.arguments.last?.text.contains(GeoVariable.prefix) == true
    }

    mutating func refuse(_ line: Int, _ fault: String, remedy: String) {
        isRefused = true
        report(.rejected, line, "\(fault), and it might keep somebody out: its paths answer 503", remedy: remedy)
    }

    mutating func report(_ severity: Diagnostic.Severity, _ line: Int, _ fault: String, remedy: String = "") {
        guard findings.count < 50 else { return }
        findings.append(Finding(severity: severity, line: line, fault: fault, remedy: remedy))
    }

    // MARK: Blocks

    /// Compiles the block of an `if` as a branch of its own.
    mutating func compileBranch(_ directives: [NginxText.Directive]) -> (number: Int, steps: [RequestRules.Step]) {
        branches += 1
        let outer = (context, steps, branch)
        context = context == .server ? .serverCondition : .condition
        steps = []
        branch = branches
        for directive in directives { add(directive) }
        let made = (branch, steps)
        (context, steps, branch) = outer
        return made
    }

    /// Takes over what another compiler found in a part of this text.
    mutating func take(_ other: SnippetCompiler) {
        for finding in other.findings where findings.count < 50 { findings.append(finding) }
    }

    // MARK: Text

    /// A template whose variables are known.
    func template(_ word: NginxText.Word) throws(ValueFault) -> String { try template(word.text) }

    func template(_ text: String) throws(ValueFault) -> String {
        guard text.utf8.count <= 8 << 10 else { throw ValueFault("a text is longer than 8 KiB") }
        if let fault = TemplateText.fault(in: text, variables: variables) {
            throw ValueFault("\(quoted(text)) \(fault)", remedy: SnippetTable.remedy(for: fault))
        }
        if !knowsPlaces, let place = TemplateText.places(in: text).first {
            throw ValueFault(
                "\(quoted(text)) names $\(place.name), and use-geoip2 is not on", remedy: GeoSettings.remedy)
        }
        return text
    }

    private static func mention(_ name: String, _ directives: [NginxText.Directive]) -> Bool {
        directives.contains { directive in
            directive.arguments.contains { $0.text.contains("$\(name)") || $0.text.contains("${\(name)}") }
                || mention(name, directive.block ?? [])
        }
    }

    /// The names of zones that are defined, before or behind where they are used.
    private static func zoneNames(in directives: [NginxText.Directive]) -> [String] {
        directives.filter { $0.name == "proxy_cache_path" }.flatMap(\.arguments).compactMap { word in
            guard word.text.hasPrefix("keys_zone=") else { return nil }
            return word.text.dropFirst(10).split(separator: ":").first.map(String.init)
        }
    }

    /// Known in snippets alone: elsewhere nobody has the body read.
    static let requestBody = "request_body"

    /// The names that directives give a value.
    static func variables(in directives: [NginxText.Directive]) -> Set<String> {
        var names: Set<String> = []
        for directive in directives {
            if ["set", "auth_request_set"].contains(directive.name), let name = directive.arguments.first?.text {
                names.insert(String(name.drop { $0 == "$" }))
            }
            names.formUnion(SnippetNames.variables(of: directive))
            names.formUnion(variables(in: directive.block ?? []))
        }
        return names
    }
}
