public import Kubernetes
public import Model

/// Collects the upstreams that routes need and finds their endpoints.
///
/// The oldest request for a port of a Service decides how its upstream is balanced. Lives as long as its
/// translator: requests stay until they are withdrawn, and endpoints are looked for again only where the
/// requests, the Service, its slices, the names or the options changed.
public struct UpstreamResolver: Sendable {
    /// What was found for one upstream, and from what.
    private final class Resolution: Sendable {
        let request: UpstreamRequest
        let diagnostics: [Diagnostic]
        /// The name that the endpoints come from.
        let name: String?
        private let service: ObjectTable<Service>.Shared?
        private let slices: ObjectTable<EndpointSlice>.Revision?
        private let endpoints: ObjectTable<Endpoints>.Shared?

        init(_ request: UpstreamRequest, _ store: ObjectStore, _ diagnostics: [Diagnostic], name: String?) {
            self.request = request
            self.diagnostics = diagnostics
            self.name = name
            service = store.services.shared(request.target.key)
            slices = store.slicesRevision(of: request.target.key)
            endpoints = store.endpoints.shared(request.target.key)
        }

        func holds(in store: ObjectStore) -> Bool {
            let key = request.target.key
            return store.services.shared(key) === service && store.slicesRevision(of: key) == slices
                && store.endpoints.shared(key) === endpoints
        }
    }

    /// What every resolution depends on beside its own Service.
    private struct Basis: Equatable {
        var names: ResolvedNames
        var options: TranslationOptions
    }

    /// The objects that endpoints come from.
    private struct Revisions: Equatable {
        var services: ObjectTable<Service>.Revision
        var slices: ObjectTable<EndpointSlice>.Revision
        var endpoints: ObjectTable<Endpoints>.Revision
    }

    private var basis: Basis?
    private var revisions: Revisions?
    /// Requests by their usual names, the oldest first.
    private var requests: [UpstreamID: [UpstreamRequest]] = [:]
    private var unsettled: Set<UpstreamID> = []
    private var resolutions = SortedList<UpstreamID, Resolution>()
    private var upstreams = SortedList<UpstreamID, Upstream>()
    /// Ports whose upstreams don't have their usual names, because an older request's has it.
    public private(set) var renamed: [ServicePort: UpstreamID] = [:]
    private var splits: [UpstreamID: UpstreamSplit] = [:]

    public init() {}

    /// Adds a request, which holds until it is withdrawn.
    public mutating func insert(_ request: UpstreamRequest) {
        unsettled.insert(request.usualID)
        requests[request.usualID, default: []].insert(inOrder: request)
    }

    /// Withdraws a request.
    public mutating func remove(_ request: UpstreamRequest) {
        unsettled.insert(request.usualID)
        if let index = requests[request.usualID]?.lastIndex(where: { $0 === request }) {
            requests[request.usualID]?.remove(at: index)
        }
        if requests[request.usualID]?.isEmpty == true { requests[request.usualID] = nil }
    }

    /// Finds the endpoints of whatever changed since the last time.
    public mutating func resolve(_ store: ObjectStore, _ options: TranslationOptions, names: ResolvedNames) {
        let basis = Basis(names: names, options: options)
        let revisions = Revisions(
            services: store.services.revision, slices: store.endpointSlices.revision,
            endpoints: store.endpoints.revision)
        if basis != self.basis {
            unsettled.formUnion(requests.keys)
        } else if revisions != self.revisions {
            for resolution in resolutions.values where !resolution.holds(in: store) {
                unsettled.insert(resolution.request.usualID)
            }
        }
        self.basis = basis
        self.revisions = revisions
        guard !unsettled.isEmpty else { return }
        settle(store, ServiceEndpoints(store, options, names: names))
    }

    private mutating func settle(_ store: ObjectStore, _ endpoints: ServiceEndpoints) {
        var resolutionChanges: [UpstreamID: Resolution?] = [:]
        var upstreamChanges: [UpstreamID: Upstream?] = [:]
        for usualID in unsettled where requests[usualID] == nil { resolutionChanges[usualID] = .some(nil) }
        for (target, id) in renamed where unsettled.contains(target.usualID) {
            renamed[target] = nil
            resolutionChanges[id] = .some(nil)
        }
        for id in resolutionChanges.keys { upstreamChanges[id] = .some(nil) }
        for usualID in unsettled {
            for (id, request) in deciding(requests[usualID] ?? []) {
                var diagnostics: [Diagnostic] = []
                let found = endpoints.find(request, &diagnostics)
                resolutionChanges[id] = Resolution(request, store, diagnostics, name: found.name)
                let cookie = sessionCookie(of: request.target, requests[usualID] ?? [], store)
                upstreamChanges[id] = Upstream(
                    id: id, endpoints: found.endpoints, loadBalancing: request.loadBalancing, hashing: request.hashing,
                    affinity: cookie.map(Affinity.cookie) ?? found.affinity, isDemonstration: found.isDemonstration,
                    speaks: found.speaks,
                    origin: request.origin)
            }
        }
        unsettled = []
        resolutions.apply(resolutionChanges)
        upstreams.apply(upstreamChanges)
    }

    /// The session cookie that the requests for a port ask for together: the oldest settles the mode, the youngest
    /// everything else, as in ingress-nginx.
    ///
    /// Its secret is the Service's own identifier, which every replica reads and no client can know. A Service that
    /// was never in a cluster has none: its name stands in, and digests can be computed by who knows the addresses.
    private func sessionCookie(
        of target: ServicePort, _ requests: [UpstreamRequest], _ store: ObjectStore
    ) -> SessionCookie? {
        let wanted = requests.lazy.filter { $0.target == target }.compactMap(\.sessionCookie)
        guard let oldest = wanted.first, var cookie = wanted.reversed().first else { return nil }
        cookie.mode = oldest.mode
        cookie.secret = "\(store.services[target.key]?.metadata.uid ?? "") \(target.key)"
        return cookie
    }

    /// Of requests with one usual name, the oldest for each target, and the upstream's real name.
    private mutating func deciding(_ requests: [UpstreamRequest]) -> [(UpstreamID, UpstreamRequest)] {
        guard let oldest = requests.first else { return [] }
        var deciding = [(oldest.usualID, oldest)]
        for request in requests.dropFirst() where request.target != oldest.target && renamed[request.target] == nil {
            let id = request.target.unmistakableID
            renamed[request.target] = id
            deciding.append((id, request))
        }
        return deciding
    }

    /// The name of the upstream of a port that is asked for.
    public func name(of target: ServicePort) -> UpstreamID { renamed[target] ?? target.usualID }

    /// Splits upstreams: those of earlier calls are forgotten. Call it once all are resolved.
    public mutating func split(_ splits: [UpstreamID: UpstreamSplit]) { self.splits = splits }

    /// Whether an upstream is served by anybody.
    public func hasEndpoints(_ id: UpstreamID) -> Bool {
        upstreams.index(of: id).map { !upstreams.values[$0].endpoints.isEmpty } ?? false
    }

    /// Every upstream that is asked for, ordered by identifier, with what is wrong with them and the names
    /// whose addresses they need.
    func results(_ diagnostics: inout [Diagnostic], _ names: inout Set<String>) -> [Upstream] {
        for resolution in resolutions.values {
            if !resolution.diagnostics.isEmpty { diagnostics += resolution.diagnostics }
            if let name = resolution.name { names.insert(name) }
        }
        return splits.isEmpty ? upstreams.values : upstreams.values.split(by: splits)
    }
}

extension [UpstreamRequest] {
    /// Puts a request behind all that are as old or older.
    fileprivate mutating func insert(inOrder request: UpstreamRequest) {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if request.seniority < self[middle].seniority { high = middle } else { low = middle + 1 }
        }
        insert(request, at: low)
    }
}
