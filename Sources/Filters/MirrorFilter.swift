public import Bytes
public import HTTP
import Model
import Pattern

/// Makes copies of requests for another service, compiled.
public final class MirrorFilter: Sendable {
    public let copiesBody: Bool

    private let host: Template
    private let target: Template
    private let appendsQuery: Bool
    private let replaced: FieldLines

    /// What the proxy alone says to its backends, so that a service that gets copies never hears it from a client.
    private static let own: HeaderIDSet = [
        .host, .contentLength, .transferEncoding, .expect, .proxy, .xAuthRequestRedirect, .sslClientVerify,
        .sslClientSubjectDN, .sslClientIssuerDN, .sslClientCert,
    ]
    /// Claims that only a trusted hop may make.
    private static let claims: HeaderIDSet = [
        .forwarded, .xRealIP, .xForwardedFor, .xForwardedHost, .xForwardedPort, .xForwardedProto, .xForwardedScheme,
        .xForwardedPrefix, .xForwardedServer, .xScheme, .xOriginalForwardedFor, .xOriginalForwardedHost, .xOriginalURI,
        .xOriginalURL, .xOriginalMethod,
    ]

    /// - Parameter withheld: fields of the client that are no service's business: passwords that the route asks for, and
    ///   what an authentication service vouches for.
    init(_ policy: Mirror, withholding withheld: [String], _ constants: Template.Constants) throws(FilterError) {
        copiesBody = policy.copiesBody
        appendsQuery = policy.appendsQuery
        host = try Template(policy.destination.host, constants)
        if let text = host.constant, Authority(text.span, in: 0..<text.count) == nil {
            throw .badHost(policy.destination.host)
        }
        target = try Template(Array(policy.destination.target.utf8)[...], constants, escapingLiterals: .component)
        replaced = try FieldLines(([OwnRequestDepth.name] + withheld).map { HeaderEdits.Field(name: $0, value: "") })
    }

    /// Whether texts need `RequestVariables`.
    var needsVariables: Bool { target.needsVariables || host.needsVariables }

    /// Writes target and host of the copy into the scratch space.
    ///
    /// - Returns: false when there is none to be made: what is asked for doesn't fit or is no request, or the request
    ///   is a copy itself.
    public func prepare(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout FilterScratch
    ) -> Bool {
        scratch.clear()
        guard OwnRequestDepth.ofThisProcess.allowsCopy(of: head),
            target.append(for: head, context, Captures(), .component, variables: variables, to: &scratch.target),
            host.append(for: head, context, Captures(), variables: variables, to: &scratch.host),
            Authority(scratch.host.readable, in: 0..<scratch.host.count) != nil
        else { return false }
        guard scratch.target.isEmpty || scratch.target[0] != .slash else {
            return !appendsQuery || Self.appendQuery(of: head, to: &scratch.target)
        }
        return false
    }

    private static func appendQuery(of head: borrowing RequestHead, to target: inout ByteBuffer) -> Bool {
        guard !head.query.isEmpty else { return true }
        guard target.room > head.query.count else { return false }
        target.append(target.readable.firstIndex(of: .questionMark) == nil ? .questionMark : .ampersand)
        target.append(head.query)
        return true
    }

    /// Bytes that `append` needs at most.
    public func bound(_ head: borrowing RequestHead, _ scratch: borrowing FilterScratch) -> Int {
        256 + OwnRequestDepth.lineBound + head.methodBytes.count + scratch.target.count + scratch.host.count
            + head.headers.encodedLength
    }

    /// Appends the head of the copy, with the fields of the client but for those that it may not send to any backend.
    ///
    /// - Parameters:
    ///   - length: bytes of the body behind it; nil for a copy without one.
    ///   - scratch: as `prepare` left it for the same request.
    public func append(
        _ head: borrowing RequestHead, _ context: RequestContext, length: Int?, _ scratch: borrowing FilterScratch,
        to buffer: inout ByteBuffer
    ) {
        buffer.appendRequestLine(method: head.methodBytes, target: scratch.target.readable)
        buffer.appendField(.host, scratch.host.readable)
        OwnRequestDepth.ofThisProcess.append(below: head, to: &buffer)
        let dropped = context.trustsForwardedFields ? Self.own : Self.own.union(Self.claims)
        replaced.appendFields(head.headers, except: dropped, to: &buffer)
        if let length { buffer.appendField(.contentLength, decimal: length) }
        buffer.appendHeadEnd()
    }
}
