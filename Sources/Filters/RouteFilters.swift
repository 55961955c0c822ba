import Bytes
public import HTTP
public import Model
import Pattern
import Routing

/// The policies of one route, compiled: templates parsed, fields in wire form, times in nanoseconds.
///
/// Immutable and shared by all workers. Depends on nothing but its three arguments, so a snapshot may take it
/// over from the one before when those are equal.
public final class RouteFilters: Sendable {
    /// Largest request body in bytes; nil is no limit. `FilterChain` judges `Content-Length`, whoever reads the
    /// body judges the rest.
    public let bodyLimit: Int?
    /// Nanoseconds between two reads of a request body; nil for what the settings say.
    public let bodyTimeout: UInt64?
    /// How long the client's connection stays open after a response; nil for what the settings say.
    public let clientKeepAlive: ClientKeepAliveRule?
    /// What every response of the route carries, own pages included, in place of the upstream's.
    public let responseEdits: ResponseEdits
    /// What is changed of the request's fields once its route is known, as if the client had sent it so.
    public let inputEdits: InputEdits?
    /// What is changed of the fields that the upstream gets; nil for nothing.
    public let requestEdits: RequestEdits?
    /// Variables that the configuration sets for the route, by their numbers.
    public let variableNames: [String]
    /// Variables that the authorization service's answer sets, with the fields they are taken from.
    public let answerVariables: [(number: Int, field: [UInt8])]
    /// Whether requests need `RequestVariables`.
    public let needsVariables: Bool
    /// Whether a request has to be got ready for the route: variables, or a say about the client's connection.
    public let needsPreparation: Bool
    public let requestBuffering: RequestBuffering
    /// What the upstream gets in place of what the client sent; nil for nothing.
    public let requestForm: RequestFormFilter?
    /// Whether templates ask for the request's body.
    public let readsBody: Bool
    public let responseBuffering: ResponseBuffering
    /// Larger response heads than those of other routes; nil for the limits of all.
    public let responseHeadLimits: HeadLimits?
    /// What is changed of the upstream's cookies and redirects; nil for nothing.
    public let responseRewrite: ResponseRewriteFilter?
    /// Whether the content of responses may go to clients in another form than it came, or be kept on the way.
    public let convertsResponses: Bool
    /// Which texts of responses are replaced; nil for none.
    public let substitution: SubstitutionFilter?
    /// Which responses are compressed; nil for none.
    public let compression: CompressionFilter?
    /// Which requests others' responses answer; nil for none.
    public let responseCache: ResponseCacheFilter?
    /// Nothing is done with a request that may pass but to send it to the upstream.
    public let forwardsAtOnce: Bool
    /// Something else than to pass it on may be done with a response: `replacesErrors` or `responseCache`.
    public let takesUpResponses: Bool
    public let timeouts: UpstreamTimes
    public let retry: RetryRule
    /// Who serves while the route's upstream has no endpoint.
    public let fallback: FallbackFilter?
    /// Whom to ask whether a request may pass; see `Verdict.ask`.
    public let externalAuth: ExternalAuthFilter?
    /// Who gets copies of requests.
    public let mirror: MirrorFilter?
    /// Which errors another service answers.
    public let errorPages: ErrorPagesFilter?
    /// Which errors lead elsewhere.
    public let errorRoutes: ErrorRoutesFilter?
    /// Whether something else answers in place of some errors.
    public let replacesErrors: Bool
    /// Only rules and errors lead here.
    let isInternal: Bool
    /// Whether there are limits to ask.
    public let isLimited: Bool

    /// How the rules of the access stage go together.
    let satisfy: Satisfy
    private let addresses: AddressFilter?
    private let rateLimit: RateLimitFilter?
    private let zoneLimits: ZoneLimitsFilter?
    private let basicAuth: BasicAuthFilter?
    private let digestAuth: DigestAuthFilter?
    private let cors: CORSFilter?
    /// Edits of responses to origins of the CORS list, where there is one.
    private let corsEdits: ResponseEdits?
    /// How fast responses go out; nil for as fast as they can.
    public let pace: Pace?
    /// The access log holds all requests; else `isLogged(branch:)` tells which.
    public let logsAll: Bool
    private let observation: Observation

    /// The answer to every request that the rules let pass, because no upstream serves the route.
    public let unserved: Status?
    /// The route is closed.
    private let refusal: Status?
    private let secureRedirect: SecureRedirectFilter?
    private let redirect: RedirectFilter?
    private let rewrite: RewriteFilter?
    private let hostRules: RulesFilter?
    private let pathRules: RulesFilter?
    /// Variables that groups of the path's pattern set.
    private let matchNames: NamedGroups
    private let hostOverride: HostOverrideFilter?
    private let ownRedirects: OwnRedirects
    /// A template may ask for groups, and the router leaves none for this route but those of an earlier request.
    private let forgetsGroups: Bool
    /// Nothing is decided or changed before the upstream is chosen, but for the size of the body: every filter of
    /// `FilterChain.decide` has its part in it.
    let letsPass: Bool
    /// Whether `FilterChain.admit` and `FilterChain.authorize` have anything to say: every filter of theirs has its
    /// part in it, or it would let everybody in.
    public let guardsAccess: Bool

    public init(_ route: Route, host: VirtualHost, settings: Settings) throws(FilterError) {
        let policy = route.policy
        if let variable = policy.decidingVariable(lackedBy: settings.geo) {
            throw .unknownPlace(variable.name, reason: settings.geo.reason(forLackOf: variable) ?? "")
        }
        bodyLimit = policy.bodyLimits.requestBytes
        bodyTimeout = policy.bodyLimits.timeout.map { UInt64($0.nanoseconds) }
        clientKeepAlive = policy.clientKeepAlive.map { ClientKeepAliveRule($0) }
        let edits = settings.headerEdits(with: policy.ownEdits(settings))
        let hasTemplates =
            policy.rules != nil || edits?.holdsTemplates == true || policy.rewrite != nil || policy.hostOverride != nil
            || policy.responseRewrite != nil || policy.substitution != nil || policy.zoneLimits != nil
            || policy.errorRoutes != nil || policy.requestForm != nil || policy.responseCache != nil
        let constants = hasTemplates ? Template.Constants(route, host: host) : .unrouted
        responseCache = try policy.responseCache.flatMap { policy throws(FilterError) in
            try ResponseCacheFilter(policy, route, settings.responseCacheZones, constants)
        }
        convertsResponses = policy.substitution != nil || policy.compression != nil || responseCache != nil
        let areSeen = policy.compression != nil || policy.substitution != nil
        responseEdits =
            try edits.map { edits throws(FilterError) in
                try ResponseEdits(edits, constants, areSeen: areSeen && CompressionFilter.looks(at: edits))
            } ?? .none
        let passesFields = policy.requestForm?.passesFields ?? true
        if !(edits?.onRequest.isEmpty ?? true) || !passesFields {
            requestEdits = try RequestEdits(edits?.onRequest ?? [], constants, dropsOthers: !passesFields)
        } else {
            requestEdits = nil
        }
        if let edits, !edits.onReceipt.isEmpty {
            inputEdits = try InputEdits(edits.onReceipt, constants)
        } else {
            inputEdits = nil
        }
        corsEdits = try policy.corsEdits(settings).map { edits throws(FilterError) in
            try ResponseEdits(edits, constants, areSeen: areSeen && CompressionFilter.looks(at: edits))
        }
        cors = try policy.cors.map { policy throws(FilterError) in try CORSFilter(policy) }
        basicAuth = try policy.basicAuth.map { policy throws(FilterError) in try BasicAuthFilter(policy) }
        digestAuth = try policy.digestAuth.map { policy throws(FilterError) in try DigestAuthFilter(policy) }
        pace = policy.bandwidth.map { Pace($0) }
        observation = policy.observation
        logsAll = observation.isLogged && observation.unloggedBranches.isEmpty
        variableNames = policy.rules?.variables ?? []
        matchNames = try NamedGroups(policy.rules?.ofMatch ?? [], constants)
        answerVariables = (policy.rules?.ofAnswer ?? []).compactMap { variable in
            constants.variables[variable.name].map { ($0, Array(variable.field.utf8)) }
        }
        responseRewrite = try policy.responseRewrite.map { policy throws(FilterError) in
            try ResponseRewriteFilter(policy, constants)
        }
        requestBuffering = Self.requestBuffering(of: policy)
        requestForm = try policy.requestForm.map { policy throws(FilterError) in
            try RequestFormFilter(policy, constants)
        }
        readsBody = policy.readsBody
        responseBuffering = policy.responseBuffering
        responseHeadLimits = Self.headLimits(policy.responseBuffering, settings)
        substitution = try policy.substitution.map { policy throws(FilterError) in
            try SubstitutionFilter(policy, constants)
        }
        compression = policy.compression.map { CompressionFilter($0) }
        timeouts = UpstreamTimes(policy.timeouts)
        retry = RetryRule(policy.retry)
        let vouchedFields = policy.externalAuth?.responseFields ?? []
        fallback = try Self.fallback(policy.fallback, route.labels, replacing: vouchedFields)
        externalAuth = try policy.externalAuth.map { policy throws(FilterError) in
            try ExternalAuthFilter(policy, Template.Constants(route, host: host))
        }
        // Copies that can't be made are nobody's concern but `FilterCheck`'s.
        mirror = policy.mirror.flatMap { mirror in
            try? MirrorFilter(mirror, withholding: policy.fieldsOfNoCopy, Template.Constants(route, host: host))
        }
        errorPages = try policy.errorPages.map { policy throws(FilterError) in
            try ErrorPagesFilter(policy, route.labels, replacing: vouchedFields)
        }
        errorRoutes = try policy.errorRoutes.map { policy throws(FilterError) in
            try ErrorRoutesFilter(policy, constants, relative: route.policy.ownRedirects.areRelative)
        }
        replacesErrors = errorPages != nil || errorRoutes != nil
        takesUpResponses = replacesErrors || responseCache != nil
        isInternal = policy.isInternal
        isLimited = policy.rateLimit != nil || policy.zoneLimits != nil
        satisfy = policy.satisfy
        if let rules = policy.addressRules, rules.keepsOut || policy.satisfy == .any {
            addresses = try AddressFilter(rules)
        } else {
            addresses = nil
        }
        ownRedirects = policy.ownRedirects
        if let limit = policy.rateLimit {
            rateLimit = try RateLimitFilter(limit, Template.Constants(route, host: host))
        } else {
            rateLimit = nil
        }
        zoneLimits = try policy.zoneLimits.map { policy throws(FilterError) in
            try ZoneLimitsFilter(policy, constants)
        }
        var refusal: Status?
        var redirect: RedirectFilter?
        switch route.action {
        case .forward: break
        case .redirect(let redirection): redirect = try RedirectFilter(redirection, policy.ownRedirects)
        case .refuse(let status, _):
            guard (400...599).contains(status) else { throw .badRefusalStatus(status) }
            refusal = Status(rawValue: UInt16(status))
        }
        // Nothing to serve is found out where an upstream would be asked; what is forbidden is said before anything else.
        unserved = refusal == .notFound ? .notFound : nil
        forwardsAtOnce = unserved == nil && mirror == nil && responseCache == nil
        self.refusal = unserved == nil ? refusal : nil
        secureRedirect = try policy.secureRedirect.map { policy throws(FilterError) in try SecureRedirectFilter(policy)
        }
        self.redirect = redirect
        if let policy = policy.rewrite {
            rewrite = try RewriteFilter(policy, of: route.match.path, constants)
        } else {
            rewrite = nil
        }
        hostRules = try Self.rules(policy.rules?.ofHost, constants, policy.ownRedirects)
        pathRules = try Self.rules(policy.rules?.ofPath, constants, policy.ownRedirects)
        if let policy = policy.hostOverride {
            hostOverride = try HostOverrideFilter(policy, constants)
        } else {
            hostOverride = nil
        }
        needsVariables =
            !variableNames.isEmpty || hostRules != nil || pathRules != nil || responseEdits.needsVariables
            || corsEdits?.needsVariables == true
            || requestEdits?.needsVariables == true
            || inputEdits?.needsVariables == true
            || hostOverride?.needsVariables == true || substitution?.needsVariables == true
            || zoneLimits?.needsVariables == true || errorRoutes != nil || responseCache?.needsVariables == true
            || requestForm?.needsVariables == true || readsBody
            || externalAuth?.needsVariables == true || mirror?.needsVariables == true
        needsPreparation = needsVariables || clientKeepAlive != nil
        if case .regex = route.match.path {
            forgetsGroups = false
        } else {
            forgetsGroups = hasTemplates
        }
        letsPass =
            !needsVariables && !forgetsGroups && self.refusal == nil && redirect == nil && rewrite == nil
            && cors == nil && secureRedirect == nil && hostOverride == nil && !isInternal
        guardsAccess =
            rateLimit != nil || zoneLimits != nil || addresses != nil || basicAuth != nil || digestAuth != nil
            || externalAuth != nil
    }

    /// For a route whose policies can't be compiled: refuses everything, since a policy that is left out may be
    /// the one that keeps somebody out.
    public init(refusing status: Status) {
        bodyLimit = nil
        bodyTimeout = nil
        clientKeepAlive = nil
        needsPreparation = false
        responseEdits = .none
        requestEdits = nil
        variableNames = []
        answerVariables = []
        needsVariables = false
        responseRewrite = nil
        requestBuffering = RequestBuffering()
        requestForm = nil
        readsBody = false
        responseBuffering = ResponseBuffering()
        responseHeadLimits = nil
        substitution = nil
        compression = nil
        responseCache = nil
        convertsResponses = false
        forwardsAtOnce = true
        takesUpResponses = false
        timeouts = UpstreamTimes(Timeouts())
        retry = RetryRule(Retry())
        fallback = nil
        externalAuth = nil
        mirror = nil
        errorPages = nil
        errorRoutes = nil
        replacesErrors = false
        isInternal = false
        isLimited = false
        satisfy = .all
        addresses = nil
        rateLimit = nil
        zoneLimits = nil
        unserved = nil
        basicAuth = nil
        digestAuth = nil
        cors = nil
        corsEdits = nil
        pace = nil
        observation = Observation()
        logsAll = true
        refusal = status
        secureRedirect = nil
        redirect = nil
        rewrite = nil
        hostRules = nil
        pathRules = nil
        matchNames = .none
        inputEdits = nil
        hostOverride = nil
        ownRedirects = OwnRedirects()
        forgetsGroups = false
        letsPass = false
        guardsAccess = false
    }

    private static func rules(
        _ steps: [RequestRules.Step]?, _ constants: Template.Constants, _ redirects: OwnRedirects
    ) throws(FilterError) -> RulesFilter? {
        guard let steps, !steps.isEmpty else { return nil }
        return try RulesFilter(steps, constants, relative: redirects.areRelative)
    }

    /// HTTP/1.0 knows no chunks, so a body goes out with its length, which is known when it is here (RFC 9112 §6.1).
    private static func requestBuffering(of policy: RoutePolicy) -> RequestBuffering {
        var rule = policy.requestBuffering
        if policy.transport.version == .http10 { rule.mode = .whole }
        return rule
    }

    private static func headLimits(_ policy: ResponseBuffering, _ settings: Settings) -> HeadLimits? {
        guard policy.headBytes > settings.upstream.responseHeadBytes else { return nil }
        return HeadLimits(
            fieldLineBytes: policy.headBytes, totalFieldBytes: policy.headBytes,
            fieldCount: HeadLimits.response.fieldCount)
    }

    private static func fallback(
        _ policy: Fallback?, _ labels: RouteLabels, replacing others: [String]
    ) throws(FilterError) -> FallbackFilter? {
        guard let policy else { return nil }
        return try FallbackFilter(policy, labels, replacing: others)
    }
}

/// The single decisions; `FilterChain` has their order.
extension RouteFilters {
    func limitBody(_ head: borrowing RequestHead) -> Verdict {
        guard let bodyLimit, let index = head.headers.firstIndex(of: .contentLength) else { return .proceed }
        // A length that is no number, or too large for one, was refused as a framing error before.
        guard let length = head.headers.value(index).decimalValue else { return .refuse(.badRequest) }
        return length > bodyLimit ? .refuse(.contentTooLarge) : .proceed
    }

    func addSlash(_ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch) -> Verdict {
        SlashRedirect.decide(head, context, ownRedirects, &scratch)
    }

    /// Variables for who has none at hand, where rules need them.
    func freshVariables() -> RequestVariables? {
        guard hostRules != nil || pathRules != nil || !matchNames.isEmpty else { return nil }
        let variables = RequestVariables()
        variables.begin(variableNames)
        return variables
    }

    /// What the host's rules say; nil when the request goes on. They are not asked again after a new search.
    func judgeHost(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ match: inout MatchScratch, _ scratch: inout FilterScratch
    ) -> Verdict? {
        guard let hostRules, let variables, !variables.isPastHost else { return nil }
        let groups = match.pattern.captures
        let outcome = hostRules.run(head, context, variables, &match.pattern, &scratch)
        match.pattern.captures = groups
        if case .decided(let verdict) = outcome { return verdict }
        guard variables.hasNewPath else { return nil }
        return variables.writeTarget(to: &scratch) ? .searchAgain : .refuse(.badRequest)
    }

    /// Nobody comes from outside to a route that is not for clients.
    func refuseOutside(_ variables: RequestVariables?) -> Verdict {
        isInternal && variables?.isLed != true ? .refuse(.notFound) : .proceed
    }

    /// What the route's rules say.
    func judgePath(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ match: inout MatchScratch, _ scratch: inout FilterScratch
    ) -> RulesFilter.Outcome {
        guard let variables else { return .goOn }
        if variables.searches > 0, !writeNewPath(head, &scratch) { return .decided(.refuse(.targetTooLong)) }
        guard matchNames.isEmpty || matchNames.take(match.captures, of: head, into: variables) else {
            return .decided(.refuse(.internalServerError))
        }
        guard let pathRules else { return .goOn }
        let groups = match.pattern.captures
        let outcome = pathRules.run(head, context, variables, &match.pattern, &scratch)
        match.pattern.captures = groups
        if case .decided = outcome { return outcome }
        guard variables.hasNewPath else { return outcome }
        guard variables.writeTarget(to: &scratch) else { return .decided(.refuse(.badRequest)) }
        if case .stop = outcome { return .stop }
        return .decided(.searchAgain)
    }

    /// The upstream gets the path that an earlier search was given, unless this route changes it again.
    private func writeNewPath(_ head: borrowing RequestHead, _ scratch: inout FilterScratch) -> Bool {
        guard scratch.target.append(decoded: head.normalPath, .path) else { return false }
        if head.query.isEmpty { return true }
        guard scratch.target.room > head.query.count else { return false }
        scratch.target.append(.questionMark)
        scratch.target.append(head.query)
        return true
    }

    var hasRewrite: Bool { rewrite != nil }

    /// Forgets groups that aren't this request's.
    func settleGroups(_ match: inout MatchScratch) {
        if forgetsGroups { match.pattern.captures.removeAll() }
    }

    /// A route that must not be served is closed before its rules are asked.
    func deny() -> Verdict { refusal == .serviceUnavailable || refusal == .internalServerError ? refuse() : .proceed }

    /// A route that nobody serves: its rules have been asked.
    func refuse() -> Verdict {
        guard let refusal else { return .proceed }
        return .refuse(refusal)
    }

    func redirectToSecure(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let secureRedirect else { return .proceed }
        return secureRedirect.decide(head, context, &scratch)
    }

    func redirect(_ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch) -> Verdict {
        guard let redirect else { return .proceed }
        return redirect.decide(head, context, &scratch)
    }

    func rewrite(
        _ head: borrowing RequestHead, _ context: RequestContext, _ match: inout MatchScratch,
        _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let rewrite else { return .proceed }
        scratch.target.clear()
        return rewrite.apply(head, context, &match, &scratch)
    }

    /// Comes behind `rewrite`, whose groups it sees when there is one.
    func overrideHost(
        _ head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures,
        _ scratch: inout FilterScratch, _ variables: RequestVariables?
    ) -> Verdict {
        guard let hostOverride else { return .proceed }
        return hostOverride.apply(head, context, captures, &scratch, variables)
    }

    /// Answers preflights of origins that may ask.
    func answerPreflight(_ head: borrowing RequestHead, _ scratch: inout FilterScratch) -> Verdict {
        guard let cors else { return .proceed }
        return cors.answerPreflight(head, &scratch)
    }

    /// - Parameter branch: which way the request went through the route's rules (`RequestVariables.branch`).
    public func isLogged(branch: Int) -> Bool {
        observation.isLogged && !observation.unloggedBranches.contains(branch)
    }

    /// The edits of responses to some requests are others than `responseEdits`.
    public var choosesEdits: Bool { corsEdits != nil }

    /// What is changed of the fields of the response to a request.
    public func responseEdits(for head: borrowing RequestHead) -> ResponseEdits {
        guard let corsEdits, let cors, cors.matches(head) else { return responseEdits }
        return corsEdits
    }

    /// What the rates say: nobody is counted who is refused.
    func admit(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ limits: SharedLimits, now: UInt64, _ ticket: inout LimitTicket, _ scratch: inout FilterScratch
    ) -> Verdict {
        if let rateLimit {
            let verdict = rateLimit.admit(head, context, limits, now: now, &ticket, &scratch)
            if verdict.isFinal { return verdict }
        }
        guard let zoneLimits else { return .proceed }
        let verdict = zoneLimits.admit(head, context, variables, limits, now: now, &scratch)
        if verdict.isFinal { rateLimit?.giveBack(head, context, limits, &scratch) }
        return verdict
    }

    /// What the limits of requests under way say: one that is refused is under way nowhere.
    func enter(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ limits: SharedLimits, _ ticket: inout LimitTicket, _ scratch: inout FilterScratch
    ) -> Verdict {
        var verdict = rateLimit?.enter(head, context, limits, &ticket, &scratch) ?? .proceed
        if !verdict.isFinal, let zoneLimits {
            verdict = zoneLimits.enter(head, context, variables, limits, &ticket, &scratch)
        }
        if verdict.isFinal { limits.leavePlaces(of: &ticket) }
        return verdict
    }

    /// What a request is answered that would have to wait where too many wait already.
    public var rateStatus: Status { zoneLimits?.rateStatus ?? .serviceUnavailable }

    /// What a rule of the access stage says.
    func opinion(
        of rule: AccessProgress.Step, on head: borrowing RequestHead, _ context: RequestContext,
        _ limits: SharedLimits?, now: UInt64, _ scratch: inout FilterScratch
    ) -> AccessOpinion {
        switch rule {
        case .addresses: addresses?.opinion(on: context) ?? .indifferent
        case .credentials:
            if let basicAuth {
                basicAuth.opinion(on: head, now: now, &scratch)
            } else {
                digestAuth?.opinion(on: head, limits, now: now, &scratch) ?? .indifferent
            }
        case .service: ask(about: head)
        case .over: .indifferent
        }
    }

    /// Whether somebody else is to be asked.
    private func ask(about head: borrowing RequestHead) -> AccessOpinion {
        guard externalAuth != nil else { return .indifferent }
        let isAllowed = OwnRequestDepth.ofThisProcess.allowsQuestion(about: head)
        return isAllowed ? .pending(.ask) : ExternalAuthFilter.noAnswer
    }

    /// Writes what a 401 asks for.
    func writeChallenge(now: UInt64, _ scratch: inout FilterScratch) {
        basicAuth?.writeChallenge(&scratch)
        digestAuth?.writeChallenge(now: now, &scratch)
    }
}
