import HTTP
import Model

/// What one rule of the access stage says of a request.
public enum AccessOpinion: Sendable, Equatable {
    /// The rule has nothing to say: there is none, or it lists others only.
    case indifferent
    /// The request fulfils the rule.
    case granted
    /// The request does not; the verdict is what the client would get for it.
    case denied(Verdict)
    /// Somebody else has to be asked first: `.ask`, `.verify`.
    case pending(Verdict)
}

/// How far the access stage has come with a request. The exchange keeps it while somebody else is asked, and
/// `FilterChain.authorize` goes on from there.
public struct AccessProgress: Sendable {
    /// The rules, in the order in which they speak (nginx's access phase).
    enum Step: UInt8, CaseIterable {
        case addresses, credentials, service, over

        var next: Step { Step(rawValue: rawValue + 1) ?? .over }
    }

    private(set) var step = Step.addresses
    /// What the client gets unless a later rule grants; under `Satisfy.any` alone.
    private var refusal: Verdict?

    public init() {}

    /// Takes the opinion of the current rule.
    ///
    /// - Returns: the verdict of the whole stage, or nil when the next rule is to speak.
    mutating func take(_ opinion: AccessOpinion, _ satisfy: Satisfy) -> Verdict? {
        if case .pending(let verdict) = opinion { return verdict }
        step = step.next
        switch (opinion, satisfy) {
        case (.granted, .any): return .proceed
        case (.denied(let verdict), .all): return verdict
        case (.denied(let verdict), .any):
            // An answer that is no refusal, such as a service's failure, is nothing that another rule makes good.
            guard verdict.isRefusalOfAccess else { return verdict }
            if refusal?.isUnauthorized != true { refusal = verdict }
        case (.granted, .all), (.indifferent, _), (.pending, _): break
        }
        return step == .over ? refusal ?? .proceed : nil
    }
}

extension Verdict {
    /// 401, 403 or the way to a sign-in page: the request lacks a right that another rule may grant.
    fileprivate var isRefusalOfAccess: Bool {
        switch self {
        case .challenge, .redirect: true
        case .refuse(let status), .respond(let status): status == .unauthorized || status == .forbidden
        case .proceed, .delay, .ask, .verify, .searchAgain, .close: false
        }
    }
}
