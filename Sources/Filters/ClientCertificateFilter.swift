import Bytes
import HTTP
import Model
import Pattern

/// Decides by the client's certificate, before anything else of the host.
struct ClientCertificateFilter: Sendable {
    private let policy: ClientCertificate
    private let subject: Pattern?
    private let errorPage: [UInt8]

    init(_ policy: ClientCertificate) throws(FilterError) {
        self.policy = policy
        errorPage = policy.errorPage.map { Array($0.utf8) } ?? []
        subject = try policy.subjectPattern.map { text throws(FilterError) in try Self.pattern(text) }
        guard FieldSyntax.isValue(errorPage.span) else { throw .badLocation(policy.errorPage ?? "") }
    }

    private static func pattern(_ text: String) throws(FilterError) -> Pattern {
        do throws(PatternError) { return try Pattern(text) } catch { throw .badPattern(text, error) }
    }

    func decide(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        if context.isSecure {
            let verdict = decideHandshake(head, context, &scratch)
            if verdict.isFinal { return verdict }
        }
        guard policy.trust != nil else { return .refuse(.forbidden) }
        guard let subject else { return .proceed }
        let shown = context.identity?.subject ?? []
        switch subject.match(shown.span, &scratch.pattern) {
        case .match: return .proceed
        case .noMatch: return scratch.respond(.forbidden, "client certificate unauthorized")
        case .limitExceeded: return .refuse(.internalServerError)
        }
    }

    /// What a request comes to that no redirect has answered, over a connection that shows nothing of the client.
    func requireSecure(_ context: RequestContext, _ scratch: inout FilterScratch) -> Verdict {
        guard policy.demand == .required, !context.isSecure else { return .proceed }
        return scratch.refuse(certificate: "No required SSL certificate was sent")
    }

    /// The connection was opened for what this host demands, and its client has met it.
    private func decideHandshake(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard policy.asksForCertificate else {
            return context.identity?.policy.asksForCertificate == true ? .refuse(.misdirectedRequest) : .proceed
        }
        guard let identity = context.identity, identity.answers(policy) else { return .refuse(.misdirectedRequest) }
        switch (identity.verification, policy.demand) {
        case (.none, .required): return refuse("No required SSL certificate was sent", head, &scratch)
        case (.failed, .required), (.failed, .optional), (.failed, .unverified), (.stranger, .required),
            (.stranger, .optional):
            return refuse("The SSL certificate error", head, &scratch)
        case (.success, _), (.none, _), (.failed, .none), (.stranger, _): return .proceed
        }
    }

    /// Answers a client without a good certificate: sends it to the error page, or says what is wrong and closes.
    /// An error page of the host itself is open to it.
    private func refuse(
        _ reason: StaticString, _ head: borrowing RequestHead, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard let first = errorPage.first else { return scratch.refuse(certificate: reason) }
        if first == .slash, head.normalPath.equals(errorPage.span) { return .proceed }
        guard scratch.appendLocation(path: errorPage.span) else { return .refuse(.targetTooLong) }
        return .redirect(.found)
    }
}

extension FilterScratch {
    /// Answers with a text of our own.
    fileprivate mutating func respond(_ status: Status, _ text: StaticString) -> Verdict {
        fields.append("Content-Type: text/html\r\n")
        body.append(text)
        return .respond(status)
    }

    /// nginx's page for its own statuses 495 and 496, which clients see as 400; the connection ends after it.
    fileprivate mutating func refuse(certificate reason: StaticString) -> Verdict {
        closesConnection = true
        fields.append("Content-Type: text/html\r\n")
        body.append("<html>\r\n<head><title>400 ")
        body.append(reason)
        body.append("</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>")
        body.append(reason)
        body.append("</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
        return .respond(.badRequest)
    }
}
