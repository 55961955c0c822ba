import Balancing
import Bytes
import Filters
import HTTP
import Linux
import Model
import Routing
import Telemetry

/// One worker's view of a snapshot: what it makes for itself when a route or upstream is first used.
///
/// Everything here belongs to the worker's thread, so that no request touches a reference count that
/// another worker touches too.
final class WorkerSnapshot {
    let shared: Snapshot
    let settings: WorkerSettings
    let forwarding: Forwarding
    let forwarded: ForwardedHeaders
    let responseRules: ResponseRules
    /// Edits of responses that no route makes.
    let commonEdits: ResponseEdits
    /// Requests that are not logged.
    let unlogged: UnloggedTargets?
    /// Clients that no host serves.
    let blocked: BlockedClients?
    /// Edits of responses of hosts that are there to redirect to another.
    let redirectEdits: ResponseEdits
    /// Of routes that say nothing about it.
    let standardTransport = TransportPlan(UpstreamTransport())
    /// Parallel to the router's routes.
    private var routes: ContiguousArray<RoutePlan?>
    private var commonFilters: [RoutePolicy: RouteFilters] = [:]
    /// Parallel to the model's virtual hosts.
    private var hosts: ContiguousArray<HostFilters?>
    private let commonHost = HostFilters()
    /// Parallel to the model's upstreams.
    private var upstreams: ContiguousArray<UpstreamPlan?>
    /// How TLS is spoken, once somebody wants to speak it.
    private var plans: TLSPlans?
    private var plansBefore: TLSPlans?
    /// Responses that are kept, parallel to the model's zones.
    let responseCaches: ContiguousArray<ResponseCacheStore>
    /// What serves requests that match nothing; nil for the built-in page.
    private(set) var defaultRoute: RoutePlan?

    /// - Parameter workers: among how many the memory for responses is shared out.
    init(_ shared: Snapshot, after previous: WorkerSnapshot?, workers: Int) {
        self.shared = shared
        settings = shared.settings
        let model = shared.model.settings
        // What cannot be compiled was refused before it came here; should it not have been, nobody is trusted.
        forwarding = (try? Forwarding(model.forwarding)) ?? .trustingNobody
        forwarded = ForwardedHeaders(model.forwarding)
        responseRules = (try? ResponseRules(model.response)) ?? .standard
        commonEdits = (try? ResponseEdits(model.headerEdits(with: nil) ?? HeaderEdits(), .unrouted)) ?? .none
        redirectEdits = (try? ResponseEdits(model.headerEdits, .unrouted)) ?? .none
        unlogged = UnloggedTargets(model.observation)
        blocked = BlockedClients.compiled(model.admission)
        responseCaches = ContiguousArray(
            model.responseCacheZones, workers: workers, after: previous?.responseCaches ?? [])
        routes = ContiguousArray(repeating: nil, count: shared.router.routes.count)
        hosts = ContiguousArray(repeating: nil, count: shared.model.virtualHosts.count)
        upstreams = ContiguousArray(repeating: nil, count: shared.model.upstreams.count)
        if let previous { adopt(previous.upstreams) }
        plansBefore = previous.flatMap { $0.plans ?? $0.plansBefore }
        if let id = shared.model.defaultUpstream { defaultRoute = RoutePlan(defaultUpstream: id, self) }
    }

    /// Takes over what has not changed, so that turns, budgets and connections go on.
    private func adopt(_ old: ContiguousArray<UpstreamPlan?>) {
        for case let plan? in old {
            guard let index = shared.upstreamIndex[plan.id], shared.balancers[index] === plan.balancer,
                shared.model.upstreams[index].speaks == plan.speaks
            else { continue }
            upstreams[index] = plan
        }
    }

    /// The plan of a route, by its number in the router.
    func route(_ number: Int) -> RoutePlan {
        if let plan = routes[number] { return plan }
        let location = shared.router.routes[number]
        let host = shared.router.virtualHosts[location.host]
        let plan = RoutePlan(
            host.routes[location.index], on: host, series: shared.series[number],
            splitSeries: shared.splitSeries[number], self)
        routes[number] = plan
        return plan
    }

    /// The filters of a route. Routes whose policies say the same share theirs, so that requests for ten
    /// thousand routes do not walk through ten thousand copies.
    fileprivate func filters(of route: Route, on host: VirtualHost) -> RouteFilters {
        guard case .forward = route.action, route.policy.isSameForAllRoutes,
            !shared.model.settings.headerEdits.holdsTemplates
        else { return compile(route, host) }
        if let filters = commonFilters[route.policy] { return filters }
        let filters = compile(route, host)
        commonFilters[route.policy] = filters
        return filters
    }

    private func compile(_ route: Route, _ host: VirtualHost) -> RouteFilters {
        do throws(FilterError) {
            return try RouteFilters(route, host: host, settings: shared.model.settings)
        } catch {
            return RouteFilters(refusing: error.status)
        }
    }

    /// How TLS is spoken. What earlier snapshots have made goes on where it still holds.
    func tls(of worker: Worker) -> TLSPlans {
        if let plans { return plans }
        let made = TLSPlans(
            shared, resumption: worker.resumption, staples: worker.staples, fallback: worker.fakeCertificate,
            after: plansBefore)
        plans = made
        plansBefore = nil
        return made
    }

    /// The filters of a virtual host, by its number in the model. Hosts without policies share theirs.
    func host(_ number: Int) -> HostFilters {
        if let filters = hosts[number] { return filters }
        let compiled = (try? HostFilters(shared.router.virtualHosts[number], blocked: blocked)) ?? .refusing
        let filters = compiled.letsPass ? commonHost : compiled
        hosts[number] = filters
        return filters
    }

    /// The upstream itself.
    func model(of id: UpstreamID) -> Upstream? { shared.upstreamIndex[id].map { shared.model.upstreams[$0] } }

    /// The plan of an upstream; nil when the model has none of that name.
    func upstream(_ id: UpstreamID) -> UpstreamPlan? {
        guard let index = shared.upstreamIndex[id] else { return nil }
        if let plan = upstreams[index] { return plan }
        let plan = UpstreamPlan(shared.model.upstreams[index], shared.balancers[index])
        upstreams[index] = plan
        return plan
    }
}

extension RoutePolicy {
    /// Nothing in the policy depends on the route or host that it stands in.
    fileprivate var isSameForAllRoutes: Bool {
        rules == nil && rewrite == nil && hostOverride == nil && fallback == nil && headerEdits?.holdsTemplates != true
            && rateLimit?.key == nil && zoneLimits == nil && errorRoutes == nil && requestForm == nil
            && responseRewrite == nil
            && substitution == nil && responseCache == nil
            && externalAuth == nil && mirror == nil && errorPages == nil
            && observation.tracing == .off
    }
}

/// A route as a worker runs it. Small, and what every request looks at comes first: one cache line of each route that is
/// asked for, as a rule.
final class RoutePlan {
    /// What is decided and edited. A route that cannot be compiled is answered 500.
    let filters: RouteFilters
    /// Requests that were not split off are counted here.
    private(set) var tally: SeriesTally
    let upstream: UpstreamPlan?
    /// Split, sessions and hashes, where there are any.
    let traffic: RouteTraffic?
    let transport: TransportPlan
    let fallback: UpstreamPlan?
    /// Services of which the proxy itself asks something, where there are any.
    let services: RouteServices?
    /// Names for the access log and for fields that tell an upstream what was chosen.
    let names: RouteNames

    init(
        _ route: Route, on host: VirtualHost, series: SeriesID, splitSeries: SeriesID? = nil,
        _ snapshot: WorkerSnapshot
    ) {
        filters = snapshot.filters(of: route, on: host)
        if case .forward(let id) = route.action {
            upstream = snapshot.upstream(id)
        } else {
            upstream = nil
        }
        fallback = route.policy.fallback.flatMap { snapshot.upstream($0.upstream) }
        services = RouteServices(route.policy, snapshot)
        let isStandard = route.policy.transport == UpstreamTransport()
        transport = isStandard ? snapshot.standardTransport : TransportPlan(route.policy.transport)
        names = RouteNames(route.labels)
        tally = SeriesTally(series)
        traffic = upstream.flatMap {
            RouteTraffic(route, on: host, to: $0, splitSeries: splitSeries ?? series, snapshot)
        }
    }

    /// Counts a request that is over.
    /// - Parameter onOtherSide: whether it was split off.
    func count(_ outcome: RequestOutcome, onOtherSide: Bool, in metrics: WorkerMetrics) {
        if onOtherSide, let traffic { return metrics.record(outcome, in: &traffic.splitTally) }
        metrics.record(outcome, in: &tally)
    }

    /// For requests that match nothing.
    convenience init(defaultUpstream id: UpstreamID, _ snapshot: WorkerSnapshot) {
        var policy = RoutePolicy()
        let blocked = snapshot.shared.model.settings.admission.blockedAddresses
        if !blocked.isEmpty { policy.addressRules = AddressRules(denied: blocked) }
        policy.errorPages = snapshot.shared.model.settings.errorPages
        policy.compression = snapshot.shared.model.settings.compression
        let route = Route(
            match: RouteMatch(path: .prefix("/")), action: .forward(id), policy: policy, labels: RouteLabels(),
            origin: .builtIn)
        self.init(route, on: VirtualHost(name: .any, origin: .builtIn), series: .unmatched, snapshot)
    }
}

/// A route's names, as bytes once somebody asks for them.
final class RouteNames {
    private let labels: RouteLabels
    private(set) lazy var namespace = Array(labels.namespace.utf8)
    private(set) lazy var object = Array(labels.object.utf8)
    private(set) lazy var service = Array(labels.service.utf8)
    private(set) lazy var servicePort = Array(labels.servicePort.utf8)
    private(set) lazy var path = Array(labels.path.utf8)
    private(set) lazy var host = Array(labels.host.utf8)

    init(_ labels: RouteLabels) { self.labels = labels }
}

/// An upstream as a worker runs it: the turns and budgets that are its own, and its connections by endpoint.
final class UpstreamPlan {
    let id: UpstreamID
    let balancer: Balancer
    let isDemonstration: Bool
    /// What the endpoints say they speak.
    let speaks: BackendProtocol?
    let name: [UInt8]
    let addresses: [SocketAddress]
    var state: BalancerState
    var budget: RetryBudget
    /// The pools of the connector that was asked for first, by the numbers of their endpoints.
    private var pools: ContiguousArray<EndpointPool?>
    private var connector: Connector?
    private var own: Connector?

    init(_ upstream: Upstream, _ balancer: Balancer) {
        id = upstream.id
        self.balancer = balancer
        isDemonstration = upstream.isDemonstration
        speaks = upstream.speaks
        name = Array(upstream.id.name.utf8)
        addresses = upstream.endpoints.map { endpoint in
            SocketAddress(IPAddress(endpoint.address) ?? .anyV4, port: endpoint.port)
        }
        state = balancer.makeState(seed: .random(in: .min ... .max))
        budget = RetryBudget(now: Instant.now().nanoseconds)
        pools = ContiguousArray(repeating: nil, count: upstream.endpoints.count)
    }

    /// What makes connections to the endpoints where the route says nothing about it.
    func ownConnector(of worker: Worker) -> Connector {
        guard let speaks, !isDemonstration else { return worker.plainConnector }
        if let own, !own.isRetired {
            own.isStale = false
            return own
        }
        let connector = worker.connector(ConnectorID(speaks, nil, upstream: id, isSecure: false))
        own = connector
        return connector
    }

    /// The connections of a kind to an endpoint, by its number in the upstream.
    func pool(_ index: Int, over connector: Connector) -> EndpointPool {
        if self.connector !== connector {
            // Routes that reach one upstream in several ways are rare: the first way is remembered while it is used.
            if let former = self.connector, !former.isRetired { return connector.pool(for: addresses[index]) }
            self.connector = connector
            for place in pools.indices { pools[place] = nil }
        }
        if let pool = pools[index] { return pool }
        let pool = connector.pool(for: addresses[index])
        pools[index] = pool
        return pool
    }
}

extension Forwarding {
    /// Believes no forwarded field.
    static var trustingNobody: Forwarding {
        do { return try Forwarding(ForwardingSettings()) } catch {
            preconditionFailure("the default settings are valid")
        }
    }
}

extension ResponseRules {
    /// Hides nothing beyond what is never passed on.
    static var standard: ResponseRules {
        do { return try ResponseRules(ResponseSettings()) } catch {
            preconditionFailure("the default settings are valid")
        }
    }
}

extension UpstreamTimes {
    var connectNanoseconds: UInt64 { UInt64(connect) }
    var sendNanoseconds: UInt64 { UInt64(send) }
    var readNanoseconds: UInt64 { UInt64(read) }
}
