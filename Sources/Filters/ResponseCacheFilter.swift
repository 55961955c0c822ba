public import Bytes
public import HTTP
public import Model
import Pattern

/// Which requests of a route are answered from the cache and which responses it keeps, compiled; see `ResponseCache`.
public final class ResponseCacheFilter: Sendable {
    public let policy: ResponseCache
    /// Number of the zone in the settings.
    public let zone: Int
    private let key: Template
    private let bypass: [Template]
    private let noStore: [Template]
    /// Whether templates need `RequestVariables`.
    let needsVariables: Bool
    /// The object that the route comes from: nobody answers for somebody else's requests.
    private let prefix: [UInt8]
    /// Requests with `Authorization` are told apart by it, or the upstream doesn't see it.
    private let settlesAuthorization: Bool

    /// - Returns: nil when there is no such zone.
    init?(
        _ policy: ResponseCache, _ route: Route, _ zones: [ResponseCacheZone], _ constants: Template.Constants
    ) throws(FilterError) {
        guard let zone = zones.firstIndex(where: { $0.name == policy.zone }) else { return nil }
        self.zone = zone
        self.policy = policy
        key = try Template(policy.key, constants)
        var bypass: [Template] = []
        for text in policy.bypass { bypass.append(try Template(text, constants)) }
        self.bypass = bypass
        var noStore: [Template] = []
        for text in policy.noStore { noStore.append(try Template(text, constants)) }
        self.noStore = noStore
        needsVariables = ([key] + bypass + noStore).contains(where: \.needsVariables)
        prefix = Array("\(route.labels.namespace)\u{0}\(route.labels.object)\u{0}".utf8)
        let edits = route.policy.headerEdits?.onRequest ?? []
        settlesAuthorization =
            key.mentions(.authorization)
            || edits.contains { $0.name.lowercased() == "authorization" && $0.isUnconditionalRemoval }
    }

    /// Whether a request may be answered by what others were told, and its response by told to others.
    public func mayAnswer(_ head: borrowing RequestHead) -> Bool {
        (head.method == .get || head.method == .head) && head.upgrade == .none
            && !head.headers.containsAny(of: ResponseConditions.forOrigin)
    }

    /// Whether only a response that says it is for all may answer a request (RFC 9111 §3.5).
    public func isPersonal(_ head: borrowing RequestHead) -> Bool {
        !settlesAuthorization && head.headers.contains(.authorization)
    }

    /// Appends nothing to what is kept: the client forbids it (RFC 9111 §5.2.1.5).
    public func forbidsKeeping(_ head: borrowing RequestHead) -> Bool { CacheControl(of: head.headers).noStore }

    /// The digest of everything that tells a response from others.
    ///
    /// Beside the key these are the route's object, the upstream with the path and `Host` that it gets, and how the client
    /// came, so that nothing that a client chooses reaches an upstream unkeyed which usually answers by it.
    ///
    /// - Parameters:
    ///   - upstream: the name of whoever is to answer.
    ///   - target: the rewritten target, or an empty buffer.
    ///   - host: the `Host` that the route gives, or an empty buffer.
    /// - Returns: nil when the key is too long to be one.
    public func digest(
        _ head: borrowing RequestHead, _ context: RequestContext, upstream: [UInt8], target: borrowing ByteBuffer,
        host: borrowing ByteBuffer, _ variables: RequestVariables?, by empty: SipHash, _ scratch: inout ByteBuffer
    ) -> SipHash.Digest? {
        scratch.clear()
        guard key.append(for: head, context, variables?.groups ?? Captures(), variables: variables, to: &scratch) else {
            return nil
        }
        var hash = empty
        let prefix = self.prefix
        hash.combine(prefix.span)
        hash.combine(upstream.span)
        hash.combine(0)
        hash.combine(head.hostName)
        hash.combine(0)
        if host.isEmpty { hash.combine(context.bestHost(head)) } else { hash.combine(host.readable) }
        hash.combine(context.isSecureInFront ? 1 : 0)
        if let index = context.believed(.xForwardedProto, head) { hash.combine(head.headers.value(index)) }
        hash.combine(0)
        Self.combine(pathOf: target, into: &hash)
        hash.combine(0)
        Self.combine(scratch, into: &hash)
        return hash.finish()
    }

    private static func combine(_ text: borrowing ByteBuffer, into hash: inout SipHash) { hash.combine(text.readable) }

    private static func combine(pathOf target: borrowing ByteBuffer, into hash: inout SipHash) {
        let bytes = target.readable
        hash.combine(bytes.extracting(0..<(bytes.firstIndex(of: .questionMark) ?? bytes.count)))
    }

    /// Whether a request goes past what is kept.
    public func bypasses(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout ByteBuffer
    ) -> Bool {
        for template in bypass {
            scratch.clear()
            let fits = template.append(
                for: head, context, variables?.groups ?? Captures(), variables: variables, to: &scratch)
            if !fits || Self.isTrue(scratch) { return true }
        }
        return false
    }

    /// Whether a response isn't kept.
    public func forbids(
        _ response: borrowing ResponseHead, for head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables?, _ scratch: inout ByteBuffer
    ) -> Bool {
        for template in noStore {
            scratch.clear()
            let fits = template.append(seeing: response.headers, for: head, context, variables, to: &scratch)
            if !fits || Self.isTrue(scratch) { return true }
        }
        return false
    }

    private static func isTrue(_ text: borrowing ByteBuffer) -> Bool {
        !(text.isEmpty || (text.count == 1 && text[0] == .zero))
    }

    /// How long a response may answer others; nil when it may not.
    public func freshness(of response: borrowing ResponseHead, wallSeconds: Int) -> ResponseFreshness? {
        // Parts are of no use, and what is unchanged says so of something else.
        guard response.status != .partialContent, response.status != .notModified, response.status.rawValue >= 200
        else {
            return nil
        }
        return ResponseFreshness.find(
            in: response, validities: policy.validities, ignoring: policy.ignoredFields, wallSeconds: wallSeconds)
    }

    /// What of a request a response depends on.
    public func variance(of response: borrowing ResponseHead) -> ResponseVariance {
        policy.ignoredFields.contains(.vary) ? .none : ResponseVariance(of: response.headers)
    }
}

extension HeaderEdits.Edit {
    /// Nobody gets the field.
    fileprivate var isUnconditionalRemoval: Bool {
        guard condition == HeaderEdits.Condition() else { return false }
        return operation == .remove || (operation == .set && [.literal(""), .template("")].contains(value))
    }
}

extension Template {
    /// Whether the text holds a field of the request.
    fileprivate func mentions(_ id: HeaderID) -> Bool {
        pieces.contains {
            if case .variable(.field(let field)) = $0 { return field == id }
            return false
        }
    }
}
