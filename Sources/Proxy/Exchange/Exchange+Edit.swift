import Bytes
import Filters
import HTTP
import Linux
import Model
import Routing
import Telemetry

/// Changing the fields of requests and responses as the route asks, and knowing what its templates ask for.
extension Exchange {
    /// What is changed of the fields of the response, whoever makes it.
    var responseEdits: ResponseEdits {
        if let route { return responseEdits(by: route) }
        return state.isOnRedirectingHost ? snapshot.redirectEdits : snapshot.commonEdits
    }

    func responseEdits(by route: RoutePlan) -> ResponseEdits {
        if state.isOnRedirectingHost { return snapshot.redirectEdits }
        let filters = route.filters
        return filters.choosesEdits ? filters.responseEdits(for: request) : filters.responseEdits
    }

    /// Whether the response may tell the client to keep to TLS: it is over TLS, and neither the redirect to where people
    /// sign in nor another service's word in place of an error, as in ingress-nginx.
    var pledgesTLS: Bool {
        context.isSecure && !state.leadsToSignIn && (state.replacedStatus == nil || state.errorRoutes > 0)
    }

    /// Gets hold of the variables that the route's policies read.
    func prepareVariables(for route: RoutePlan) {
        guard let downstream else { return }
        if let variables { return variables.adopt(route.filters.variableNames) }
        let variables = worker.takeVariables()
        self.variables = variables
        variables.begin(route.filters.variableNames)
        variables.facts.processID = worker.processID
        variables.facts.clientPort = downstream.peer.port
        variables.facts.connection = downstream.connectionNumber
        variables.facts.connectionRequests = downstream.requests
        variables.facts.requestLength = record.requestLength
        if let address = downstream.localAddress {
            variables.setServerAddress { address.address.write(to: &$0) }
        }
        updateFacts()
    }

    /// Gives the variables back.
    func dropVariables() {
        guard let variables else { return }
        worker.giveBack(variables)
        self.variables = nil
    }

    /// Brings what changes on the way up to date.
    func updateFacts() {
        guard let variables else { return }
        let wall = worker.wallClock()
        variables.facts.wallSeconds = Int64(wall.seconds)
        variables.facts.wallMilliseconds = wall.nanoseconds / 1_000_000
        variables.facts.requestTime = milliseconds(since: state.startedAt)
        variables.facts.requestLength = record.requestLength
        variables.facts.cacheStatus = responseCacheUse?.status
        guard record.attemptCount > 0 else { return }
        let attempt = record.lastAttempt
        variables.facts.connectTime = attempt.connectTime
        variables.facts.headerTime = attempt.headerTime
        variables.facts.responseTime = milliseconds(since: state.attemptStartedAt)
        variables.facts.upstreamStatus = attempt.status == 0 ? nil : Int(attempt.status)
        variables.setUpstreamAddress { attempt.endpoint.write(to: &$0) }
    }

    /// Finds a route for the path that a rule has made (nginx's `rewrite … last`).
    func searchAgain() {
        guard let variables, variables.searches < RequestVariables.searchLimit else {
            return refuse(.internalServerError)
        }
        variables.goOn()
        forgetKeepAlive()
        do throws(HTTP1Error) { try Self.setPath(of: &request, from: worker.filterScratch) } catch {
            return refuse(.badRequest)
        }
        findRoute()
    }

    static func setPath(
        of request: inout RequestHead, from scratch: borrowing FilterScratch
    ) throws(HTTP1Error) {
        try request.setPath(scratch.target.readable)
    }

    /// Keeps what the route wants to know of the authorization service's answer.
    func keepVariables(of answer: AuthAnswer) {
        guard let variables, let wanted = route?.filters.answerVariables else { return }
        for variable in wanted { variables.set(variable.number, toField: variable.field, of: answer.head.headers) }
    }

    /// Changes the client's fields as the route asks.
    func editInput(_ edits: InputEdits) {
        edits.apply(to: &request, context, variables, &worker.filterScratch.edits)
    }

    /// Changes the fields of an upstream's response in place.
    func editResponse(_ edits: ResponseEdits, by route: RoutePlan) {
        if let rewrite = route.filters.responseRewrite {
            rewrite.apply(
                to: &response.headers, for: request, context, &worker.matchScratch.pattern,
                scratch: &worker.filterScratch.location)
        }
        guard edits.isDynamic else { return }
        apply(edits, status: response.status, isOwn: false)
    }

    /// Changes the fields of an answer of our own. They are in `response` afterwards, but for the length.
    ///
    /// - Returns: false when there is nothing to change but lines that are always the same.
    func editOwnResponse(_ status: Status, _ content: OwnContent) -> Bool {
        let edits = responseEdits
        guard edits.isDynamic else { return false }
        response.clear()
        response.status = status
        if content != .own { response.headers.append(.contentType, value: ErrorPage.contentType) }
        Self.append(content, from: worker.filterScratch, to: &response.headers)
        apply(edits, status: status, isOwn: true)
        return true
    }

    private static func append(
        _ content: OwnContent, from scratch: borrowing FilterScratch, to headers: inout HeaderBlock
    ) {
        switch content {
        case .stock: break
        case .location: headers.append(.location, value: scratch.location.readable)
        case .page, .own: headers.append(lines: scratch.fields.readable)
        }
    }

    private func apply(_ edits: ResponseEdits, status: Status, isOwn: Bool) {
        if edits.needsVariables {
            updateFacts()
            variables?.facts.status = Int(status.rawValue)
        }
        edits.apply(
            to: &response.headers, status: status, isOwn: isOwn, isSecure: pledgesTLS, snapshot.responseRules,
            for: request, context,
            variables, &worker.filterScratch.edits)
    }

    /// Writes what the route makes of the request's fields aside, for `appendFields`.
    ///
    /// - Returns: false when what came out can't be sent.
    func editRequest(by route: RoutePlan) -> Bool {
        worker.filterScratch.edits.values.clear()
        guard let edits = route.filters.requestEdits else { return true }
        return edits.write(request, context, variables, to: &worker.filterScratch.edits.values)
    }

    /// Appends the fields that the upstream gets.
    func appendFields(by route: RoutePlan, without replaced: FieldLines?, to output: inout ByteBuffer) {
        if let edits = route.filters.requestEdits {
            snapshot.forwarded.append(
                request, context, host: overriddenHost, without: replaced, edits: edits,
                branch: variables?.branch ?? 0, lines: worker.filterScratch.edits.values, to: &output)
        } else {
            snapshot.forwarded.append(request, context, host: overriddenHost, without: replaced, to: &output)
        }
    }
}
