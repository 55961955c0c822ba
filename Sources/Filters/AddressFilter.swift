import HTTP
import Model

/// Address rules, compiled: denied addresses first, then the allowed ones; both look at the client's address once
/// trusted hops have been heard.
final class AddressFilter: Sendable {
    private let denied: AddressSet
    private let allowed: AddressSet
    private let deniesOthers: Bool

    init(_ rules: AddressRules) throws(FilterError) {
        denied = try AddressSet(rules.denied)
        allowed = try AddressSet(rules.allowed)
        deniesOthers = rules.deniesOthers
    }

    /// An address that no list names has no opinion for it: being absent from a list of denied addresses is no
    /// merit that `Satisfy.any` could count.
    func opinion(on context: RequestContext) -> AccessOpinion {
        if denied.contains(context.client) { return .denied(.refuse(.forbidden)) }
        if allowed.isEmpty { return .indifferent }
        if allowed.contains(context.client) { return .granted }
        return deniesOthers ? .denied(.refuse(.forbidden)) : .indifferent
    }
}
