import Balancing
import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Routing
import Telemetry

/// Errors that lead to another route of the host, or send the client elsewhere (`error_page` of nginx's snippets).
///
/// The exchange goes through its phases once more, with a route that the error names. Access is judged as for any request
/// of that route; limits that were asked are not asked again. It happens once for a request, and up to `mostErrorRoutes`
/// times where routes say that errors of error pages lead on.
extension Exchange {
    static let mostErrorRoutes: UInt8 = 10

    /// Has something else answer in place of an error, if the route says so for this status.
    ///
    /// - Parameter isUpstreams: the error is the upstream's, not the proxy's own.
    /// - Returns: false when the error is answered as it is.
    func leadsElsewhere(_ status: Status, ofUpstream isUpstreams: Bool) -> Bool {
        guard let filter = route?.filters.errorRoutes, mayBeLed(by: filter), let downstream,
            let rule = filter.rule(for: status, ofUpstream: isUpstreams), let variables
        else { return false }
        keepErrorFields(status, ofUpstream: isUpstreams)
        updateFacts()
        variables.facts.status = Int(status.rawValue)
        let target = filter.target(of: rule, request, context, variables, &worker.filterScratch)
        if case .none = target { return false }
        if isUpstreams { letUpstreamFinish() } else { dropUpstream() }
        state.errorRoutes += 1
        state.statusInstead = filter.status(of: rule, for: status)
        state.replacedStatus = status
        switch target {
        case .redirect(let status): redirect(status)
        case .path:
            withholdBody()
            forgetRoute()
            search(for: downstream, variables)
        case .named(let match, let name):
            if !state.bodyIsUntouched, !state.withholdsBody { setBodyAside() }
            forgetRoute()
            findNamed(match, name, variables)
        case .none: break
        }
        return true
    }

    private func mayBeLed(by filter: ErrorRoutesFilter) -> Bool {
        switch state.phase {
        case .parsing, .waiting, .holding, .buffering, .attempting: break
        case .responding, .flushing, .tunnelling, .finished: return false
        }
        if state.replacedStatus == nil { return true }
        return state.errorRoutes > 0 && filter.isRecursive && state.errorRoutes < Self.mostErrorRoutes
    }

    /// What the error asks of the client goes with whatever answers in its place, as in nginx.
    private func keepErrorFields(_ status: Status, ofUpstream isUpstreams: Bool) {
        errorFields.clear()
        guard status == .unauthorized else { return }
        if isUpstreams {
            Self.keepChallenges(of: response, in: &errorFields)
        } else {
            errorFields.grow(to: worker.filterScratch.fields.count)
            errorFields.append(contentsOf: worker.filterScratch.fields)
        }
    }

    private static func keepChallenges(of response: borrowing ResponseHead, in fields: inout ByteBuffer) {
        fields.grow(to: response.headers.encodedLength)
        for index in 0..<response.headers.count where response.headers[index].id == .wwwAuthenticate {
            fields.append("WWW-Authenticate: ")
            fields.append(response.headers.value(index))
            fields.append("\r\n")
        }
    }

    /// What answers gets nothing of the client's body, which is treated as after any answer that comes early.
    func withholdBody() {
        if !state.withholdsBody { setBodyAside() }
        state.withholdsBody = true
        worker.buffers.takeBack(&heldBody)
        if state.spoolsBody {
            requestSpool?.release(&worker.buffers)
            requestSpool = nil
            noteSpools()
            state.spoolsBody = false
            state.holdsBody = true
        }
        requestBody.start(.none)
    }

    /// Forgets what the route that failed has settled.
    private func forgetRoute() {
        forgetAuth()
        forgetKeepAlive()
        dropResponseCacheUse()
        state.answerKey = nil
        state.answerIsKept = false
        state.access = AccessProgress()
        state.leadsToSignIn = false
        forgetAttempts()
        forgetTargets()
        if record.attemptCount > 0 { record.beginGroup() }
    }

    /// Asks for the path that is in the scratch space, on the same host.
    private func search(for downstream: DownstreamStream, _ variables: RequestVariables) {
        do throws(HTTP1Error) { try Self.setPath(of: &request, from: worker.filterScratch) } catch {
            return refuse(.internalServerError)
        }
        if let former = request.becomeGet(), !state.isAskedAsGet {
            methodAsSent = former
            state.isAskedAsGet = true
        }
        variables.goOnAfterError(changingPath: true)
        findRoute()
    }

    private func findNamed(_ match: PathMatch, _ name: [UInt8], _ variables: RequestVariables) {
        variables.goOnAfterError(changingPath: false)
        let snapshot = self.snapshot
        let outcome = snapshot.shared.router.match(
            name: request.hostName, path: name.span, scratch: &worker.matchScratch)
        guard case .route(let host, let number) = outcome,
            snapshot.shared.router[route: number].match.path == match
        else { return refuse(state.replacedStatus ?? .internalServerError) }
        decide(snapshot.route(number), snapshot.host(host), lacksSlash: false)
    }

    // MARK: What answers

    /// Has something else answer in place of the upstream's error, if the route wants it.
    func replaces(_ status: Status) -> Bool {
        leadsElsewhere(status, ofUpstream: true) || replacesError(status, ofUpstream: true)
    }

    /// Gives the upstream's answer to an error the status that the client is to see, and what the error asks of the client.
    ///
    /// - Returns: how the answer is framed; nil when another has been given, since the status has no content.
    func settleStatus(_ framing: BodyFraming) -> BodyFraming? {
        guard state.errorRoutes > 0 else { return framing }
        Self.append(errorFields, to: &response.headers)
        guard let status = state.statusInstead, status != response.status else { return framing }
        if status.forbidsBody, framing != .none, framing != .length(0) {
            worker.filterScratch.clear()
            refuseWithoutContent(status)
            return nil
        }
        let hadNoContent = response.status.forbidsBody
        response.replace(status: status)
        // What came without content, whatever length it declared, must not look as if some followed.
        return hadNoContent && request.method != .head ? .length(0) : framing
    }

    private static func append(_ fields: borrowing ByteBuffer, to headers: inout HeaderBlock) {
        if !fields.isEmpty { headers.append(lines: fields.readable) }
    }

    /// The status of an answer of our own that comes in place of an error. Its content is in the scratch space.
    func statusOfAnswer(_ status: Status) -> Status {
        guard state.errorRoutes > 0 else { return status }
        if worker.filterScratch.fields.room >= errorFields.count {
            worker.filterScratch.fields.append(contentsOf: errorFields)
        }
        let seen = state.statusInstead ?? status
        if seen.forbidsBody { worker.filterScratch.body.clear() }
        return seen
    }
}
