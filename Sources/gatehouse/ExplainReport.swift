import Model
import Routing

/// What `explain` says of one request.
struct ExplainReport: Encodable {
    struct Request: Encodable {
        var method: String
        var url: String
        /// The name and the normalised path that were looked up; nil when the request is refused before.
        var host: String?
        var path: String?
    }

    /// What becomes of the request.
    struct Outcome: Encodable, Equatable {
        enum Kind: String, Encodable {
            /// Goes to an upstream.
            case forwarded
            /// Gets its answer from the proxy itself.
            case answered
        }

        var kind: Kind
        /// For people.
        var text: String
        /// The status of an own answer.
        var status: Int?
        /// The `Location` of an own redirect.
        var location: String?
    }

    struct Host: Encodable {
        var name: String
        var evidence: String
        var origin: Place
        /// Why another host answers; nil for the one that does.
        var whyNot: String?
    }

    struct Route: Encodable {
        var match: String
        /// Nil when the route does not match.
        var evidence: String?
        var origin: Place
        var whyNot: String?
    }

    /// What the backend is asked for.
    struct Forwarded: Encodable {
        /// The request-target.
        var target: String
        /// The `Host`.
        var host: String
    }

    /// Routes that do not match are listed up to this number, those closest to the path first.
    static let listedMisses = 10

    var request: Request
    var outcome: Outcome
    var host: Host?
    var route: Route?
    /// In the order in which they act.
    var policies: [String] = []
    /// The capture groups of the route's pattern, `$1` first; null for one that took no part.
    var groups: [String?] = []
    var upstream: RoutesReport.Upstream?
    var forwarded: Forwarded?
    var otherHosts: [Host] = []
    var otherRoutes: [Route] = []
    /// Routes that do not match and are not listed.
    var unlistedRoutes = 0
    /// What `check` has to say of the objects that the host and the route come from.
    var findings: [DiagnosticReport.Entry] = []
    /// The same as lines.
    private(set) var findingLines: [String] = []

    private enum CodingKeys: CodingKey {
        case request, outcome, host, route, policies, groups, upstream, forwarded, otherHosts, otherRoutes
        case unlistedRoutes, findings
    }

    init(request: Request, outcome: Outcome) {
        self.request = request
        self.outcome = outcome
    }

    /// Fills in who competed.
    mutating func add(_ explanation: Explanation, of router: Router) {
        let hosts = explanation.hosts.map { candidate in
            let host = router.virtualHosts[candidate.host]
            return Host(
                name: host.name.description, evidence: candidate.evidence.description, origin: Place(host.origin),
                whyNot: candidate.whyNot)
        }
        host = hosts.first { $0.whyNot == nil }
        otherHosts = hosts.filter { $0.whyNot != nil }
        let routes = explanation.routes.map { candidate in
            let route = router[route: candidate.route]
            return Route(
                match: route.match.path.description, evidence: candidate.evidence?.description,
                origin: Place(route.origin), whyNot: candidate.whyNot)
        }
        route = routes.first { $0.whyNot == nil }
        let matching = routes.filter { $0.whyNot != nil && $0.evidence != nil }
        let misses = routes.filter { $0.whyNot != nil && $0.evidence == nil }
        otherRoutes = matching + misses.prefix(Self.listedMisses)
        unlistedRoutes = max(misses.count - Self.listedMisses, 0)
    }

    /// Fills in what is to be said of the objects that decided.
    mutating func add(_ diagnostics: [Diagnostic]) {
        let objects = [host?.origin, route?.origin].compactMap(\.self)
        let report = DiagnosticReport(
            diagnostics.filter { diagnostic in
                objects.contains {
                    $0.kind == diagnostic.origin.kind && $0.namespace == diagnostic.origin.namespace
                        && $0.name == diagnostic.origin.name
                }
            })
        findings = report.diagnostics
        findingLines = report.lines
    }
}
