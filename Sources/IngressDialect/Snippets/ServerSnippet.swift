import Model
import Translation

/// What a `server-snippet` says about a host, compiled: laid over every route of the host.
struct ServerSnippet: Sendable, Equatable {
    var steps: [RequestRules.Step] = []
    var headers = SnippetHeaders()
    var addressRules: AddressRules?
    /// The host's own paths, each before regular expressions or not.
    var locations: [Location] = []
    /// Names that its `set` gives a value.
    var variables: Set<String> = []

    struct Location: Sendable, Equatable {
        var route: Route
        /// Where its requests go, when the location names a backend.
        var target: ServicePort?
        var goesFirst: Bool
        /// The block says something about compression, which goes before what the server says.
        var saysCompression: Bool
    }

    /// `access_log off`
    var silencesLog = false
    /// `client_body_timeout`
    var bodyTimeout: Duration?
    /// `gzip` and its kin, over what the ConfigMap says; nil when the server says nothing of it.
    var compression: CompressionDraft?

    var isEmpty: Bool {
        steps.isEmpty && headers.isEmpty && addressRules == nil && locations.isEmpty && !silencesLog
            && bodyTimeout == nil && compression == nil
    }

    init() {}

    /// - Parameters:
    ///   - origin: where the text stands.
    ///   - compression: what holds where the text says nothing of it.
    init(
        _ compiled: SnippetCompiler, labels: RouteLabels, origin: Origin, over compression: CompressionDraft
    ) {
        steps = compiled.steps
        headers = compiled.headers
        variables = compiled.variables
        silencesLog = compiled.silencesLog
        bodyTimeout = compiled.bodyTimeout
        if !compiled.compression.isEmpty {
            var draft = compression
            for setting in compiled.compression { draft.apply(setting) }
            self.compression = draft
        }
        locations = compiled.locations.map { Location($0, labels: labels, origin: origin) }
    }

    /// Puts what the host says before what a route says.
    ///
    /// - Parameters:
    ///   - hasAddedHeaders: the route's own snippet has an `add_header`, which takes the place of the host's.
    ///   - saysCompression: it says something about compression, which does so, too.
    func apply(to route: inout Route, hasAddedHeaders: Bool, saysCompression: Bool) {
        if let compression, !saysCompression { route.policy.compression = compression.policy() }
        if !steps.isEmpty {
            var rules = route.policy.rules ?? RequestRules()
            rules.ofHost += steps
            route.policy.rules = rules
        }
        route.policy.bodyLimits.timeout = route.policy.bodyLimits.timeout ?? bodyTimeout
        if silencesLog { route.policy.observation.isLogged = false }
        if route.policy.addressRules == nil { route.policy.addressRules = addressRules }
        var headers = headers
        if hasAddedHeaders { headers.added = [] }
        guard !headers.isEmpty else { return }
        var edits = headers.edits()
        if let own = route.policy.headerEdits { edits.append(own) }
        route.policy.headerEdits = edits
    }
}

extension ServerSnippet.Location {
    fileprivate init(_ location: SnippetLocation, labels: RouteLabels, origin: Origin) {
        var policy = RoutePolicy()
        let compiled = location.compiled
        var steps = compiled.steps
        var reason = "the location of the snippet names no backend"
        var status = 404
        if compiled.isRefused {
            (steps, status, reason) = ([], 503, "the location of the snippet is not understood")
        } else if SnippetAccess.rules(compiled.access) == SnippetAccess.nobody {
            steps.append(.answer(.page(403)))
        }
        policy.rules = steps.isEmpty ? nil : RequestRules(ofPath: steps)
        let edits = compiled.headers.edits()
        policy.headerEdits = edits.isEmpty ? nil : edits
        policy.observation.isLogged = !compiled.silencesLog
        var labels = labels
        labels.path = location.text
        labels.service = ""
        labels.servicePort = ""
        route = Route(
            match: RouteMatch(path: location.match), action: .refuse(status: status, reason: reason), policy: policy,
            labels: labels, origin: origin)
        goesFirst = location.goesFirst
        saysCompression = !compiled.compression.isEmpty
    }
}
