public import Model

/// Finds the policies of a model that can't be compiled, before it is published.
///
/// A route with such a policy is refused when it is served (`RouteFilters.init(refusing:)`), so the
/// diagnostics here say what its users will see. What it found of a host holds for as long as host and settings
/// stay as they are.
public struct FilterCheck: Sendable {
    private var hosts: [VirtualHost] = []
    private var settings = Settings()
    /// By the number of the host; none for most.
    private var found: [Int: [Diagnostic]] = [:]

    public init() {}

    /// What cannot be compiled of a model that is looked at once.
    public static func diagnostics(_ model: ProxyModel) -> [Diagnostic] {
        var check = FilterCheck()
        return check.diagnostics(model)
    }

    /// What cannot be compiled, with the place where it is written.
    public mutating func diagnostics(_ model: ProxyModel) -> [Diagnostic] {
        let unchanged = UnchangedParts(of: model.virtualHosts, since: settings == model.settings ? hosts : [])
        var found: [Int: [Diagnostic]] = [:]
        var all = Self.settings(model.settings) + Self.splits(model.upstreams)
        all += Self.hashes(model.upstreams, model.settings.geo)
        for index in model.virtualHosts.indices {
            let diagnostics =
                if let former = unchanged.formerPlace(of: index) { self.found[former, default: []] } else {
                    Self.diagnostics(of: model.virtualHosts[index], model.settings)
                }
            guard !diagnostics.isEmpty else { continue }
            found[index] = diagnostics
            all += diagnostics
        }
        self.found = found
        hosts = model.virtualHosts
        settings = model.settings
        return all
    }

    private static func diagnostics(of host: VirtualHost, _ settings: Settings) -> [Diagnostic] {
        var found: [Diagnostic] = []
        if let fault = tlsFault(of: host) {
            found.append(
                Diagnostic(
                    .rejected, host.origin, field: "", fault,
                    remedy: "until that changes, everything of \(host.name) is answered with an error"))
        } else if let policy = host.appRoot,
            let fault = fault({ () throws(FilterError) in _ = try HostFilters(host) })
        {
            let remedy = "write a path such as /app"
            found.append(Diagnostic(.rejected, policy.origin, field: "", fault, remedy: remedy))
        }
        for route in host.routes where mayFail(route) {
            if let fault = mirrorFault(route, host) {
                found.append(
                    Diagnostic(
                        .warning, route.origin, field: "", fault, remedy: "until that changes, no copies are sent"))
            }
            let fault = fault { () throws(FilterError) in
                _ = try RouteFilters(route, host: host, settings: settings)
            }
            guard let fault else { continue }
            found.append(
                Diagnostic(
                    .rejected, route.origin, field: "", fault,
                    remedy: "until that changes, \(path(of: route)) is answered with an error"))
        }
        return found
    }

    private static func splits(_ upstreams: [Upstream]) -> [Diagnostic] {
        upstreams.compactMap { upstream in
            guard let split = upstream.split else { return nil }
            return fault { () throws(FilterError) in _ = try TrafficSplitFilter(split) }.map {
                Diagnostic(.rejected, split.origin, field: "", $0, remedy: "until that changes, nothing is split off")
            }
        }
    }

    /// A hash of nothing but places that nobody knows sends all requests to one endpoint.
    private static func hashes(_ upstreams: [Upstream], _ geo: GeoSettings) -> [Diagnostic] {
        upstreams.compactMap { upstream in
            guard let template = upstream.hashing?.template, template.contains(GeoVariable.prefix) else { return nil }
            for variable in TemplateText.places(in: template) {
                guard let reason = geo.reason(forLackOf: variable) else { continue }
                return Diagnostic(
                    .warning, upstream.origin, field: "", "$\(variable.name) of its hash is always empty: \(reason)",
                    remedy: GeoSettings.remedy)
            }
            return nil
        }
    }

    private static func tlsFault(of host: VirtualHost) -> String? {
        guard host.canonicalHost != nil || host.tls?.clientCertificate != nil else { return nil }
        var host = host
        host.appRoot = nil
        return fault { () throws(FilterError) in _ = try HostFilters(host) }
    }

    private static func settings(_ settings: Settings) -> [Diagnostic] {
        let faults = [
            fault { () throws(FilterError) in _ = try Forwarding(settings.forwarding) },
            fault { () throws(FilterError) in _ = try ResponseRules(settings.response) },
            fault { () throws(FilterError) in
                _ = try ResponseEdits(settings.headerEdits, .unrouted)
                _ = try RequestEdits(settings.headerEdits.onRequest, .unrouted)
            },
            fault { () throws(FilterError) in _ = try BlockedClients(settings.admission) },
        ]
        return faults.compactMap { $0 }.map { Diagnostic(.rejected, .builtIn, field: "", $0) }
    }

    /// Most routes only forward, which is always possible.
    private static func mayFail(_ route: Route) -> Bool {
        if case .forward = route.action {
            let policy = route.policy
            return policy.rewrite != nil || policy.hostOverride != nil || policy.headerEdits != nil
                || policy.fallback != nil || policy.addressRules != nil || policy.rateLimit != nil
                || policy.zoneLimits != nil || policy.errorRoutes != nil || policy.requestForm != nil
                || policy.externalAuth != nil || policy.mirror != nil || policy.errorPages != nil
                || policy.responseRewrite != nil || policy.substitution != nil || policy.rules != nil
                || policy.responseCache != nil || policy.cors != nil || policy.basicAuth != nil
                || policy.digestAuth != nil
        }
        return true
    }

    private static func mirrorFault(_ route: Route, _ host: VirtualHost) -> String? {
        guard let mirror = route.policy.mirror else { return nil }
        return fault { () throws(FilterError) in
            _ = try MirrorFilter(mirror, withholding: [], Template.Constants(route, host: host))
        }
    }

    private static func path(of route: Route) -> String {
        route.labels.path.isEmpty ? "the route" : "\(route.labels.host)\(route.labels.path)"
    }

    private static func fault(_ compile: () throws(FilterError) -> Void) -> String? {
        do throws(FilterError) {
            try compile()
            return nil
        } catch {
            return error.description
        }
    }
}
