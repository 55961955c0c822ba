public import Bytes
public import HTTP
public import Model
import Pattern

/// Asks an authentication service about requests, compiled: what the question looks like, and what an answer means.
///
/// The exchange that asks calls `prepare`, then `append` for each attempt, and `opinion` with the answer. Client
/// fields reach the service but for those that it takes the proxy's word for.
public final class ExternalAuthFilter: Sendable {
    public let method: Method
    public let connections: ExternalAuth.Connections?
    public let cache: AuthCacheRule?
    public let alwaysSetsCookies: Bool

    private let methodName: [UInt8]
    private let host: [UInt8]
    private let target: Template
    private let signIn: Template?
    private let redirect: [UInt8]?
    private let tellsOriginalTarget: Bool
    private let fields: QuestionFields
    /// The fields that the upstream gets from an answer, one name behind the other.
    private let answerFields: [[UInt8]]
    /// The names of these: the client's own fields of these names never pass.
    public let replaced: FieldLines

    /// Made by the proxy for the question, or spoken to the proxy alone.
    private static let own: HeaderIDSet = [
        .host, .contentLength, .transferEncoding, .expect, .proxy, .xRequestID, .xRealIP, .xForwardedFor,
        .xForwardedProto, .xAuthRequestRedirect, .xOriginalURI, .xOriginalURL, .xOriginalMethod, .xScheme,
        .sslClientVerify, .sslClientSubjectDN, .sslClientIssuerDN, .sslClientCert,
    ]
    /// Claims that only a trusted hop may make.
    private static let claims: HeaderIDSet = [
        .forwarded, .xForwardedHost, .xForwardedPort, .xForwardedScheme, .xForwardedPrefix, .xForwardedServer,
        .xOriginalForwardedFor, .xOriginalForwardedHost,
    ]

    init(_ policy: ExternalAuth, _ constants: Template.Constants) throws(FilterError) {
        let name = Array(policy.method.utf8)
        methodName = name
        method = Method(name.span)
        connections = policy.connections
        alwaysSetsCookies = policy.alwaysSetsCookies
        tellsOriginalTarget = policy.tellsOriginalTarget
        let host = Array(policy.destination.host.utf8)
        self.host = host
        guard FieldSyntax.isName(name.span), Authority(host.span, in: 0..<host.count) != nil else {
            throw .badHost(policy.destination.host)
        }
        target = try Template(
            Array(policy.destination.target.utf8)[...], constants, escapingLiterals: .component)
        signIn = try policy.signIn.map { signIn throws(FilterError) in
            try Template(Array(signIn.url.utf8)[...], constants, escapingLiterals: .component)
        }
        redirect = policy.redirect.map { Array($0.utf8) }
        fields = try QuestionFields(policy.fields, replacing: ["X-Sent-From", OwnRequestDepth.name], constants)
        answerFields = policy.responseFields.map { Array($0.utf8) }
        replaced = try FieldLines(policy.responseFields.map { HeaderEdits.Field(name: $0, value: "") })
        cache = try policy.cache.map { cache throws(FilterError) in
            try AuthCacheRule(cache, of: policy.destination, method: policy.method, constants)
        }
    }

    /// Whether texts need `RequestVariables`.
    var needsVariables: Bool {
        target.needsVariables || signIn?.needsVariables == true || fields.needsVariables
            || cache?.needsVariables == true
    }

    // MARK: The question

    /// Writes what depends on the request into the scratch space: the target and the configured fields.
    ///
    /// - Returns: false when it doesn't fit; the request can't be asked about then.
    public func prepare(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout FilterScratch
    ) -> Bool {
        scratch.clear()
        guard target.append(for: head, context, Captures(), .component, variables: variables, to: &scratch.target)
        else { return false }
        return fields.append(for: head, context, variables, aside: &scratch.body, to: &scratch.fields)
    }

    /// Bytes that `append` needs at most.
    public func bound(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: borrowing FilterScratch
    ) -> Int {
        var bytes =
            512 + OwnRequestDepth.lineBound + methodName.count + host.count + (redirect?.count ?? 0)
            + scratch.target.count
        bytes += scratch.fields.count + head.headers.encodedLength + head.host.count + head.methodBytes.count
        // The request-target is told up to three times, and fields that are told anew are counted again.
        bytes += 3 * head.originTarget.count
        return bytes + head.headers.encodedLength + (context.identity?.length ?? 0)
    }

    /// Appends the whole question: a head without a body.
    ///
    /// - Parameter scratch: as `prepare` left it for the same request.
    public func append(
        _ head: borrowing RequestHead, _ context: RequestContext, _ forwarded: ForwardedHeaders,
        _ scratch: borrowing FilterScratch, to buffer: inout ByteBuffer
    ) {
        let (name, host, names) = (methodName, host, fields.names)
        buffer.appendRequestLine(method: name.span, target: scratch.target.readable)
        if !names.ids.contains(.host) { buffer.appendField(.host, host.span) }
        appendOriginal(head, context, &buffer)
        appendClient(head, context, forwarded, &buffer)
        if !names.ids.contains(.xAuthRequestRedirect) {
            if let redirect {
                buffer.appendField(.xAuthRequestRedirect, redirect.span)
            } else {
                buffer.appendField(.xAuthRequestRedirect, head.originTarget)
            }
        }
        OwnRequestDepth.ofThisProcess.append(below: head, to: &buffer)
        context.identity?.append(to: &buffer)
        let dropped = context.trustsForwardedFields ? Self.own : Self.own.union(Self.claims)
        names.appendFields(head.headers, except: dropped, to: &buffer)
        buffer.append(contentsOf: scratch.fields)
        buffer.appendHeadEnd()
    }

    /// Who the request is from, as the upstream is told.
    private func appendClient(
        _ head: borrowing RequestHead, _ context: RequestContext, _ forwarded: ForwardedHeaders,
        _ buffer: inout ByteBuffer
    ) {
        let names = fields.names
        buffer.append("X-Sent-From: nginx-ingress-controller")
        if !names.ids.contains(.xRequestID) { forwarded.appendRequestID(head, context, &buffer) }
        if !names.ids.contains(.xRealIP) {
            buffer.append("\r\nX-Real-IP: ")
            context.client.write(to: &buffer)
        }
        if !names.ids.contains(.xForwardedFor) {
            buffer.append("\r\nX-Forwarded-For: ")
            forwarded.appendHops(head, context, &buffer)
        }
        buffer.append("\r\n")
    }

    private func appendOriginal(
        _ head: borrowing RequestHead, _ context: RequestContext, _ buffer: inout ByteBuffer
    ) {
        let names = fields.names
        if !names.ids.contains(.xOriginalURL) {
            buffer.append("X-Original-URL: ")
            buffer.append(context.isSecure ? "https://" : "http://")
            buffer.append(head.host)
            buffer.append(head.originTarget)
            buffer.append("\r\n")
        }
        if !names.ids.contains(.xOriginalMethod) { buffer.appendField(.xOriginalMethod, head.methodBytes) }
        guard tellsOriginalTarget else { return }
        if !names.ids.contains(.xOriginalURI) { buffer.appendField(.xOriginalURI, head.originTarget) }
        if !names.ids.contains(.xScheme) { appendScheme(head, context, &buffer) }
    }

    private func appendScheme(
        _ head: borrowing RequestHead, _ context: RequestContext, _ buffer: inout ByteBuffer
    ) {
        if let given = context.believed(.xForwardedProto, head) {
            buffer.appendField(.xScheme, head.headers.value(given))
        } else {
            buffer.appendField(.xScheme, context.isSecureInFront ? "https" : "http")
        }
    }

    // MARK: The answer

    /// What the service's answer means. The scratch space gets what the client's answer needs.
    public func opinion(
        on answer: AuthAnswer, _ head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables?, _ scratch: inout FilterScratch
    ) -> AccessOpinion {
        scratch.clear()
        if answer.status.isSuccess { return .granted }
        switch answer.status {
        case .unauthorized:
            if let signIn {
                let fits = signIn.append(
                    for: head, context, Captures(), .component, variables: variables, to: &scratch.location)
                return .denied(fits ? .redirect(.found) : .refuse(.unauthorized))
            }
            guard answer.contains(.wwwAuthenticate), answer.bound <= scratch.fields.room else {
                return .denied(.refuse(.unauthorized))
            }
            answer.append(.wwwAuthenticate, to: &scratch.fields)
            return .denied(.challenge)
        case .forbidden: return .denied(.refuse(.forbidden))
        default: return .denied(.refuse(.internalServerError))
        }
    }

    /// What it means that the service can't be asked, or doesn't answer as it should.
    public static var noAnswer: AccessOpinion { .denied(.refuse(.internalServerError)) }

    /// Bytes that `appendFields` needs at most.
    public func bound(_ answer: AuthAnswer) -> Int { answer.bound + 4 * answerFields.count }

    /// Appends the fields of an answer that the upstream gets.
    public func appendFields(of answer: AuthAnswer, to buffer: inout ByteBuffer) {
        for name in answerFields { answer.append(named: name.span, to: &buffer) }
    }

    /// Whether the cookies of an answer belong into a response with this status.
    public func setsCookies(with status: Status) -> Bool {
        if alwaysSetsCookies { return true }
        switch status.rawValue {
        case 200, 201, 204, 206, 301, 302, 303, 304, 307, 308: return true
        default: return false
        }
    }
}
