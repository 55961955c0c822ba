import Model
import Translation

/// The policies of a path for whose sake Gatehouse makes requests of its own. They depend on the path: variables in
/// the hosts of their URLs stand for what is the same for all its requests.
struct OwnRequests: Sendable {
    var externalAuth: ExternalAuth?
    var mirror: Mirror?
    /// Why the path answers 503, when it does.
    var refusal: String?
    /// The upstreams that the policies name.
    var upstreams: [UpstreamRequest] = []

    func apply(to route: inout Route) {
        route.policy.externalAuth = externalAuth
        route.policy.mirror = mirror
        if let refusal { route.action = .refuse(status: 503, reason: refusal) }
    }
}

/// What an Ingress's annotations ask for, as far as it is the same for all its paths.
struct OwnRequestRules: Sendable {
    var auth = ExternalAuthDraft()
    /// Whether `auth` is the ConfigMap's.
    var authIsGlobal = false
    var authFields: [HeaderEdits.Field] = []
    var mirror = MirrorDraft()
    /// What ends the path of copies whose URL has none.
    var identity = ""
}
