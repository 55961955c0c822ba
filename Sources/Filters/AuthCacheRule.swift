public import Bytes
public import HTTP
import Model
import Pattern

/// Which answers of an authentication service are kept, under which key, and how long.
public struct AuthCacheRule: Sendable {
    private let key: Template
    private let durations: [ExternalAuth.Validity]
    /// Tells questions of one kind from those of another, so that an answer outlives a reload but no change of what
    /// was asked.
    private let prefix: [UInt8]

    init(
        _ cache: ExternalAuth.Cache, of destination: Destination, method: String, _ constants: Template.Constants
    ) throws(FilterError) {
        key = try Template(cache.key, constants)
        durations = cache.durations
        let place = ["location_path", "namespace", "ingress_name"].map { constants.values[$0] ?? "" }.joined(
            separator: "\u{0}")
        prefix = Array("\(method) \(destination)\u{0}\(place)\u{0}\(cache.key)\u{0}".utf8)
    }

    /// Whether the key needs `RequestVariables`.
    var needsVariables: Bool { key.needsVariables }

    /// The digest under which the answer to a request's question is kept; nil when the key is too long to be one.
    public func digest(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?, by hash: SipHash,
        _ scratch: inout FilterScratch
    ) -> SipHash.Digest? {
        scratch.body.clear()
        guard scratch.body.append(ifRoom: prefix.span), scratch.body.append(ifRoom: head.hostName) else { return nil }
        guard scratch.body.room > 0 else { return nil }
        scratch.body.append(0)
        guard key.append(for: head, context, Captures(), variables: variables, to: &scratch.body) else { return nil }
        return hash.digest(scratch.body.readable)
    }

    /// Nanoseconds for which an answer is kept; 0 when it isn't.
    public func lifetime(of answer: AuthAnswer) -> UInt64 {
        let status = Int(answer.status.rawValue)
        guard let validity = durations.first(where: { $0.statuses.contains(status) }) else { return 0 }
        let seconds = UInt64(clamping: answer.freshnessSeconds)
        let allowed = seconds > 1 << 32 ? UInt64.max : seconds * 1_000_000_000
        return min(UInt64(validity.duration.nanoseconds), allowed)
    }
}
