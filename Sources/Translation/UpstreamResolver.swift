public import Kubernetes
public import Model

/// Collects the upstreams that routes need and finds their endpoints.
///
/// The first request for a port of a Service decides how its upstream is balanced, so requests come in
/// the order of the objects' age. Lives as long as its translator: what it resolved is kept until the
/// Services, the endpoints, the names or the options change.
public struct UpstreamResolver: Sendable {
    private struct Resolved: Sendable {
        var request: UpstreamRequest
        var upstream: Upstream
        var diagnostics: [Diagnostic]
        var name: String?
    }

    /// What every resolution depends on.
    private struct Basis: Equatable {
        var services: ObjectTable<Service>.Revision
        var slices: ObjectTable<EndpointSlice>.Revision
        var endpoints: ObjectTable<Endpoints>.Revision
        var names: ResolvedNames
        var options: TranslationOptions
    }

    private var basis: Basis?
    private var endpoints = ServiceEndpoints(ObjectStore(), TranslationOptions(), names: [:])
    private var known: [UpstreamID: Resolved] = [:]
    private var sorted: [Upstream] = []

    /// The requests of the present translation by upstream, and their order.
    private var requests: [UpstreamID: UpstreamRequest] = [:]
    private var order: [UpstreamID] = []
    /// Ports whose usual name was taken.
    public private(set) var renamed: [ServicePort: UpstreamID] = [:]

    public init() {}

    /// Starts a translation of `store`.
    public mutating func begin(_ store: ObjectStore, _ options: TranslationOptions, names: ResolvedNames) {
        let basis = Basis(
            services: store.services.revision, slices: store.endpointSlices.revision,
            endpoints: store.endpoints.revision, names: names, options: options)
        if basis != self.basis {
            self.basis = basis
            known.removeAll(keepingCapacity: true)
        }
        endpoints = ServiceEndpoints(store, options, names: names)
        requests.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        renamed = [:]
    }

    /// The upstream for a port of a Service. Only the first request for it has a say in how it is balanced.
    public mutating func upstream(for request: UpstreamRequest) -> UpstreamID {
        if let earlier = requests[request.usualID] {
            if earlier.target == request.target { return request.usualID }
            if let id = renamed[request.target] { return id }
            let id = request.target.unmistakableID
            renamed[request.target] = id
            return record(request, as: id)
        }
        return record(request, as: request.usualID)
    }

    private mutating func record(_ request: UpstreamRequest, as id: UpstreamID) -> UpstreamID {
        requests[id] = request
        order.append(id)
        return id
    }

    /// Ends the translation: every upstream that was asked for, ordered by identifier.
    public mutating func finish(_ diagnostics: inout [Diagnostic], _ names: inout Set<String>) -> [Upstream] {
        var isUnchanged = known.count == order.count && sorted.count == order.count
        for id in order {
            guard let request = requests[id] else { continue }
            let resolved: Resolved
            if let former = known[id], former.request == request {
                resolved = former
            } else {
                isUnchanged = false
                resolved = resolve(request, as: id)
                known[id] = resolved
            }
            if !resolved.diagnostics.isEmpty { diagnostics += resolved.diagnostics }
            if let name = resolved.name { names.insert(name) }
        }
        if !isUnchanged {
            if known.count > order.count { known = known.filter { requests[$0.key] != nil } }
            sorted = known.values.map(\.upstream).sorted { $0.id < $1.id }
        }
        endpoints = ServiceEndpoints(ObjectStore(), TranslationOptions(), names: [:])
        return sorted
    }

    private func resolve(_ request: UpstreamRequest, as id: UpstreamID) -> Resolved {
        var diagnostics: [Diagnostic] = []
        let found = endpoints.find(request, &diagnostics)
        let upstream = Upstream(
            id: id, endpoints: found.endpoints, loadBalancing: request.loadBalancing, affinity: found.affinity,
            isDemonstration: found.isDemonstration, origin: request.origin)
        return Resolved(request: request, upstream: upstream, diagnostics: diagnostics, name: found.name)
    }
}
