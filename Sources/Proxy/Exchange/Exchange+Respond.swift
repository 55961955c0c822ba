import Bytes
import EventLoop
import Filters
import HTTP
import Linux
import Model
import Telemetry

/// Answers of our own, and the way of an upstream's answer to the client.
extension Exchange {
    // MARK: Own answers

    /// The request broke the rules of HTTP: says so and closes, and never reads what came behind.
    func reject(_ error: HTTP1Error) {
        if let limit = error.limit { worker.metrics.count(limit) }
        refuseHead(error.status)
    }

    /// Answers a request whose head did not come to a good end, and closes.
    func refuseHead(_ status: Status) {
        request.dropPartialFields()
        state.keepsDownstream = false
        if let downstream { takeContext(downstream) }
        respond(status, ending: .linger)
    }

    /// Answers with the stock page of a status.
    func refuse(_ status: Status, _ content: OwnContent = .stock) {
        restoreMethod()
        if let replaced = state.replacedStatus, state.errorRoutes == 0 {
            return respond(replaced, ending: endingAfterUnreadBody())
        }
        if content != .own, leadsElsewhere(status, ofUpstream: false) { return }
        if replacesError(status, ofUpstream: false) { return }
        respond(status, ending: endingAfterUnreadBody(), content)
    }

    /// Answers with a status that has no content, and the field lines in the scratch space.
    func refuseWithoutContent(_ status: Status) {
        respond(status, ending: endingAfterUnreadBody(), .own)
    }

    /// Answers with a redirect to the location that a filter has left in the scratch space.
    func redirect(_ status: Status) {
        respond(status, ending: endingAfterUnreadBody(), .location)
    }

    /// Where the parts of an answer of our own come from.
    enum OwnContent {
        /// The stock page, and nothing else.
        case stock
        /// The stock page, with the `Location` that a filter has left in the scratch space.
        case location
        /// The stock page, with the field lines that a filter has left there.
        case page
        /// Field lines and content that a filter has left there.
        case own
    }

    /// Ends the connection and says nothing (nginx's 444, which is what the log shows).
    func closeSilently() {
        state.keepsDownstream = false
        record.status = 444
        complete(.close)
    }

    /// How the client's connection goes on when its request's body is not wanted.
    func endingAfterUnreadBody() -> DownstreamStream.Ending {
        guard state.keepsDownstream else { return hasUnreadRequest ? .linger : .close }
        if state.holdsBody || state.spoolsBody { return .keep }
        switch state.requestFraming {
        case .none: return .keep
        case .length(let count):
            let left = state.bodyIsUntouched ? count : bodyLeft ?? .max
            if left == 0 { return .keep }
            // A client that waits for "100 Continue" may send the body or not: nobody knows what follows.
            if !request.expectsContinue && left <= DownstreamStream.drainLimit { return .drain(left) }
        case .chunked where bodyLeft == 0 && !state.bodyIsUntouched: return .keep
        case .chunked, .untilClose: break
        }
        return .linger
    }

    /// Whether closing now would meet bytes that nobody has read: the kernel would then reset the connection, and
    /// the client could lose the answer.
    private var hasUnreadRequest: Bool {
        guard let downstream, downstream.isReadToTheEnd else { return true }
        return state.requestFraming != .none && (state.bodyIsUntouched || !state.holdsBody && bodyLeft != 0)
    }

    private func respond(_ given: Status, ending: DownstreamStream.Ending, _ content: OwnContent = .stock) {
        guard let downstream, state.phase != .responding, state.phase != .flushing else { return }
        let status = content == .own ? statusOfAnswer(given) : given
        record.status = Int(status.rawValue)
        dropUpstream()
        if case .linger = ending { state.keepsDownstream = false }
        if worker.isDraining { state.keepsDownstream = false }
        if status.rawValue >= 300, request.isGRPC {
            respondToGRPC(status, responseEdits.lines(isSecure: pledgesTLS), on: downstream)
            return finish(ending)
        }
        let length = content == .own ? worker.filterScratch.body.count : ErrorPage.length(status)
        let fields = responseEdits.lines(isSecure: pledgesTLS)
        let isEdited = editOwnResponse(status, content)
        let hasContent = request.method != .head && length > 0
        let start = downstream.openHead(
            512 + LimitTicket.fieldBound + Self.keepAliveBound + length + worker.filterScratch.location.count
                + worker.filterScratch.fields.count
                + fields.bytes.count + (isEdited ? response.headers.encodedLength : 0)
                + authCookieBound(status), worker)
        appendOwnHead(to: &downstream.head, status, content, length, isEdited ? nil : fields)
        record.bytesSent = downstream.headCount - start
        downstream.sendHead(status, endsStream: !hasContent)
        if hasContent {
            downstream.openContent(length, worker)
            if content == .own {
                downstream.content.append(contentsOf: worker.filterScratch.body)
            } else {
                downstream.content.appendErrorPage(status)
            }
            downstream.endContent()
            record.bodyBytesSent = length
            record.bytesSent += length
        }
        finish(ending)
    }

    /// - Parameter fields: what the route sets on every response; nil when the fields wait in `response`.
    private func appendOwnHead(
        to output: inout ByteBuffer, _ status: Status, _ content: OwnContent, _ length: Int, _ fields: FieldLines?
    ) {
        output.appendStatusLine(status)
        worker.appendDate(to: &output)
        if content != .own || !status.forbidsBody || worker.filterScratch.declaresEmptyBody {
            output.appendField(.contentLength, decimal: length)
        }
        if let fields {
            appendOwnFields(content, fields, to: &output)
            fields.append(to: &output)
        } else {
            output.appendFields(response.headers, except: BodyFraming.fields)
        }
        ticket.append(to: &output)
        appendAuthCookies(status, to: &output)
        appendConnection(to: &output)
        output.appendHeadEnd()
    }

    /// The fields that describe an answer of our own, and those that a filter has made for it.
    private func appendOwnFields(_ content: OwnContent, _ fields: FieldLines, to output: inout ByteBuffer) {
        if content != .own, !fields.ids.contains(.contentType) {
            output.appendField(.contentType, ErrorPage.contentType)
        }
        switch content {
        case .stock: break
        case .location: output.appendField(.location, worker.filterScratch.location)
        case .page, .own: output.append(contentsOf: worker.filterScratch.fields)
        }
    }

    // MARK: The upstream's answer

    /// The head of a response has arrived and been parsed.
    func receivedHead(of upstream: UpstreamStream) {
        if response.status == .switchingProtocols { return switchProtocols() }
        if response.status.isInformational { return forwardInterim() }
        var framing: BodyFraming
        do throws(HTTP1Error) {
            let declared = try BodyFraming.response(response, to: request.method)
            // A client of HTTP/1 has to be told that nothing follows; one of HTTP/2 sees it.
            let isEmpty = declared.isOpen && upstream.endsWithHead
            framing = isEmpty ? (request.version == .http2 ? .none : .length(0)) : declared
        } catch {
            return attemptFailed(.invalidResponse)
        }
        record.lastAttempt.status = response.status.rawValue
        record.lastAttempt.headerTime = milliseconds(since: state.attemptStartedAt)
        let isInstead = state.replacedStatus != nil
        if !isInstead, retriesStatus(response.status) { return }
        attemptSucceeded()
        // Any success would tell the client that its tunnel is open (RFC 8441 §5).
        if request.isExtendedConnect, response.status.rawValue / 100 == 2 { return refuse(.badGateway) }
        guard let downstream, let route else { return }
        if route.filters.takesUpResponses, takesUp(framing, of: upstream, by: route) { return }
        if isInstead {
            guard let settled = settleStatus(framing) else { return }
            framing = settled
        }
        state.keepsUpstream = upstream.isReusable(after: response, framing) && route.transport.keepsConnections
        sendHead(framing, marksEnd: upstream.marksEnd, to: downstream, by: route)
        // A head may end a client's stream of HTTP/2, and with it the exchange.
        if !state.buffersResponse, case .http1 = downstream {
            pumpResponse(of: upstream, to: downstream)
        } else {
            pumpResponse()
        }
    }

    /// Sends the head of the response at hand and begins its body.
    ///
    /// - Parameters:
    ///   - given: how the body ends.
    ///   - marksEnd: the end of the upstream's stream says so, rather than a length.
    func sendHead(
        _ given: BodyFraming, marksEnd: Bool, to downstream: DownstreamStream, by route: RoutePlan
    ) {
        state.buffersResponse = buffersResponse(given, by: route)
        let edits = responseEdits(by: route)
        editResponse(edits, by: route)
        let framing = route.filters.convertsResponses ? chooseConversions(given) : given
        let fields = edits.lines(isSecure: pledgesTLS)
        state.phase = .responding
        record.status = Int(response.status.rawValue)
        let encodesChunks = request.version == .http11 && framing.isOpen
        if request.version == .http10 && framing.isOpen { state.keepsDownstream = false }
        if worker.isDraining { state.keepsDownstream = false }
        // An answer that comes early: what is missing of the request decides whether another can follow it.
        if !state.requestSent, case .linger = endingAfterUnreadBody() { state.keepsDownstream = false }
        let start = downstream.openHead(
            256 + LimitTicket.fieldBound + Self.codingBound + Self.keepAliveBound + response.reason.count
                + snapshot.responseRules.bound(response.headers, setting: fields) + sessionCookieBound
                + authCookieBound(response.status), worker)
        appendHead(to: &downstream.head, framing, encodesChunks: encodesChunks, fields, isEdited: edits.isDynamic)
        record.bytesSent += downstream.headCount - start
        let source = given != .none && marksEnd ? .untilClose : given
        responseBody.start(source, encodesChunks: encodesChunks)
        if state.buffersResponse || state.replacesTexts || compressedBody != nil {
            beginBufferingResponse(framing, from: source, encodesChunks: encodesChunks)
        }
        downstream.sendHead(response.status, endsStream: responseBody.isTaken)
    }

    private func appendHead(
        to output: inout ByteBuffer, _ framing: BodyFraming, encodesChunks: Bool, _ fields: FieldLines, isEdited: Bool
    ) {
        output.appendStatusLine(of: response)
        worker.appendDate(to: &output)
        appendResponseFields(isEdited: isEdited, setting: fields, to: &output)
        ticket.append(to: &output)
        switch framing {
        case .length(let count): output.appendField(.contentLength, decimal: count)
        case .none: appendDeclaredLength(to: &output)
        case .chunked, .untilClose: if encodesChunks { output.appendField(.transferEncoding, "chunked") }
        }
        appendCoding(to: &output)
        appendSessionCookie(to: &output)
        appendAuthCookies(response.status, to: &output)
        appendConnection(to: &output)
        output.appendHeadEnd()
    }

    /// Appends the fields of the upstream's response that the client gets.
    ///
    /// - Parameter isEdited: what the route changes has been changed in place.
    private func appendResponseFields(isEdited: Bool, setting fields: FieldLines, to output: inout ByteBuffer) {
        if isEdited {
            output.appendFields(response.headers, except: BodyFraming.fields)
        } else {
            snapshot.responseRules.append(response.headers, setting: fields, except: BodyFraming.fields, to: &output)
        }
    }

    /// The length that a response without a body declares: what a HEAD or 304 is about (RFC 9110 §8.6). One that would
    /// frame no body either is nothing to tell.
    private func appendDeclaredLength(to output: inout ByteBuffer) {
        guard response.status != .noContent, let length = response.headers.soleLength else { return }
        output.appendField(.contentLength, decimal: length)
    }

    /// Passes on a 1xx head; `100 Continue` is ours to send, and was sent when it was due.
    private func forwardInterim() {
        state.interimResponses += 1
        guard state.interimResponses <= 10 else {
            worker.metrics.count(Limit.interimResponses)
            return attemptFailed(.invalidResponse)
        }
        defer { response.clear() }
        guard response.status != .continue, request.version != .http10, let downstream else { return }
        _ = downstream.openHead(128 + response.headers.encodedLength + response.reason.count, worker)
        downstream.head.appendStatusLine(of: response)
        downstream.head.appendFields(response.headers, except: [.contentLength, .transferEncoding, .server, .date])
        downstream.head.appendHeadEnd()
        downstream.sendInterimHead(response.status, worker)
    }

    /// The upstream has left HTTP behind, as the client asked: both connections become a tunnel.
    private func switchProtocols() {
        guard asksForUpgrade, Self.switches(response.headers, asAskedBy: request.headers), let downstream,
            let route
        else {
            return attemptFailed(.invalidResponse)
        }
        record.lastAttempt.status = response.status.rawValue
        record.status = Int(response.status.rawValue)
        attemptSucceeded()
        worker.metrics.count(.tunnels)
        // The answer to a key that the client did not send (RFC 8441 §5.1).
        if request.isExtendedConnect { response.headers.remove(.secWebSocketAccept) }
        let edits = responseEdits(by: route)
        editResponse(edits, by: route)
        let fields = edits.lines(isSecure: pledgesTLS)
        _ = downstream.openHead(
            256 + snapshot.responseRules.bound(response.headers, setting: fields) + sessionCookieBound, worker)
        downstream.head.appendStatusLine(.switchingProtocols)
        worker.appendDate(to: &downstream.head)
        downstream.head.appendField(.connection, "upgrade")
        downstream.head.appendField(.upgrade, of: response.headers)
        appendResponseFields(isEdited: edits.isDynamic, setting: fields, to: &downstream.head)
        appendSessionCookie(to: &downstream.head)
        downstream.head.appendHeadEnd()
        downstream.sendHead(.switchingProtocols, endsStream: false)
        becomeTunnel()
    }

    /// The protocol in the answer is the one that was asked for (RFC 9110 §7.8).
    private static func switches(_ response: borrowing HeaderBlock, asAskedBy request: borrowing HeaderBlock) -> Bool {
        guard let asked = request.firstIndex(of: .upgrade), let given = response.firstIndex(of: .upgrade) else {
            return false
        }
        return request.value(asked).equalsIgnoringCase(response.value(given))
    }

    // MARK: The body

    /// Moves what can be moved of the response.
    func pumpResponse() {
        if state.buffersResponse { return pumpBufferedResponse() }
        guard let downstream, let upstream else { return }
        pumpResponse(of: upstream, to: downstream)
    }

    private func pumpResponse(of upstream: UpstreamStream, to downstream: DownstreamStream) {
        let before = responseBody.moved
        let couldSend = downstream.tookSomething
        responseBody.ceiling = allowance()
        let outcome = upstream.move(&responseBody, to: downstream, worker)
        record.bodyBytesSent += responseBody.moved - before
        record.bytesSent += responseBody.moved - before
        switch outcome {
        case .complete: responseFinished(upstream, downstream)
        case .paced:
            worker.loop.clearDeadline(of: upstream.handler)
            waitForPace(downstream)
        case .sourceEmpty:
            worker.loop.clearDeadline(of: downstream.handler)
            worker.loop.setDeadline(
                of: upstream.handler, afterNanoseconds: route?.filters.timeouts.readNanoseconds ?? 0)
        case .sinkBlocked:
            worker.loop.clearDeadline(of: upstream.handler)
            limitSending(
                to: downstream.handler, tookSomething: couldSend, nanoseconds: snapshot.settings.clientSendTimeout)
        case .yielded: worker.loop.resumeLater(upstream.handler)
        case .sourceEnded, .malformed, .tooLarge: responseBroke()
        case .sinkFailed: complete(.close)
        }
    }

    /// The response cannot be completed: the client must not take what it got for the whole.
    func responseBroke() {
        worker.metrics.count(UpstreamFailure.truncatedResponse)
        complete(.abort)
    }

    private func responseFinished(_ upstream: UpstreamStream, _ downstream: DownstreamStream) {
        if state.requestSent && state.keepsUpstream {
            self.upstream = nil
            endAttempt()
            upstream.release()
        }
        finish(endingAfterUnreadBody(), on: downstream)
    }
}
