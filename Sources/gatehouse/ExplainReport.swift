import Kubernetes
import Model
import Routing
import Translation

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
        /// What answers in place of an own answer, by `error_page`; it is told of and not followed.
        var errorPage: String?
        /// The target for which a route is to be searched again; never stands in a finished report.
        var searchedAgain: String?
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

    /// An annotation of an Ingress that the host or the route comes from.
    struct Annotation: Encodable, Equatable {
        var name: String
        /// Snippets are told of by their length; of URLs user names and passwords are left out.
        var value: String
        var origin: Place
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
    /// The paths that rules made of the request's, each of which a route was searched for; the last is the one told of.
    var rewrites: [String] = []
    var outcome: Outcome
    var host: Host?
    var route: Route?
    /// In the order in which they act.
    var policies: [String] = []
    var annotations: [Annotation] = []
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

    /// Fills in the annotations of the Ingresses that decided, those of the route's first.
    mutating func add(annotationsOf objects: ObjectStore, prefix: String) {
        var seen: Set<NamespacedName> = []
        for place in [route?.origin, host?.origin].compactMap(\.self) where place.kind == "Ingress" {
            let key = NamespacedName(namespace: place.namespace, name: place.name)
            guard seen.insert(key).inserted, let ingress = objects.ingresses[key] else { continue }
            annotations += ingress.metadata.annotations.filter { $0.name.hasPrefix(prefix + "/") }.map { annotation in
                let name = String(annotation.name.dropFirst(prefix.utf8.count + 1))
                return Annotation(
                    name: name.printable, value: Self.shown(annotation.value, of: name),
                    origin: Place(Origin(ingress, line: annotation.line)))
            }
        }
    }

    /// A value as it may be shown to anybody.
    private static func shown(_ value: String, of name: String) -> String {
        let lines = value.split(separator: "\n").count
        if name.hasSuffix("-snippet") { return "\(lines) \(lines == 1 ? "line" : "lines")" }
        let bare = value.withoutURLSecrets.replacing("\n", with: " ")
        return bare.count > 120 ? String(bare.prefix(120)).printable + "…" : bare.printable
    }

    /// Fills in what is to be said of the objects that decided.
    mutating func add(_ diagnostics: [Diagnostic]) {
        let objects = [host?.origin, route?.origin].compactMap(\.self)
        let own = diagnostics.filter { diagnostic in
            objects.contains {
                $0.kind == diagnostic.origin.kind && $0.namespace == diagnostic.origin.namespace
                    && $0.name == diagnostic.origin.name
            }
        }
        findings = DiagnosticReport(own).diagnostics
    }
}
