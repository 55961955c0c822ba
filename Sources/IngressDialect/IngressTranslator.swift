public import Kubernetes
import Model
public import Translation

/// Translates Ingresses, with ingress-nginx's annotations, into the model.
///
/// Lives as long as its owner: Ingresses and hosts that a change doesn't touch are taken over from the
/// translation before, so that one edit among ten thousand Ingresses costs little more than looking at each.
public struct IngressTranslator: Sendable {
    public var options: TranslationOptions

    /// What every Ingress's translation depends on beside the Ingress.
    private struct Basis: Equatable {
        var options: TranslationOptions
        var classes: ObjectTable<IngressClass>.Revision
        var globals: GlobalSettings
    }

    /// What a host was put together from, and the result.
    private struct AssembledHost: Sendable {
        var shares: [Part]
        var virtualHost: VirtualHost
        var diagnostics: [Diagnostic]
    }

    /// One Ingress's share in a host.
    private struct Part: Sendable, Equatable {
        let ingress: TranslatedIngress
        let host: Int

        static func == (a: Self, b: Self) -> Bool { a.ingress === b.ingress && a.host == b.host }
    }

    private var basis: Basis?
    private var ingresses: [ObjectIdentifier: TranslatedIngress] = [:]
    private var hosts: [HostName: AssembledHost] = [:]
    private var renamed: [ServicePort: UpstreamID] = [:]
    private var defaultUpstream: UpstreamID?
    private var upstreams = UpstreamResolver()

    public init(options: TranslationOptions = TranslationOptions()) { self.options = options }

    /// The model for these objects.
    /// - Parameter names: the addresses of names, as far as they are resolved; see `Translation.names`.
    public mutating func translate(_ store: ObjectStore, names: ResolvedNames = [:]) -> Translation {
        var context = TranslationContext(store, options, names: names, upstreams: upstreams)
        upstreams = UpstreamResolver()
        let globals = globalSettings(&context)
        begin(store, globals)
        let served = readIngresses(globals, &context)
        let defaultUpstream = requestUpstreams(of: served, &context)
        let virtualHosts = assemble(served, defaultUpstream, &context)
        let translation = context.finish(
            virtualHosts, defaultUpstream: defaultUpstream, settings: globals.settings)
        upstreams = context.upstreams
        return translation
    }

    private func globalSettings(_ context: inout TranslationContext) -> GlobalSettings {
        guard let key = options.configMap, let configMap = context.store.configMaps[key] else {
            return GlobalSettings()
        }
        return GlobalSettings.read(configMap, &context.diagnostics)
    }

    /// Forgets what no longer holds.
    private mutating func begin(_ store: ObjectStore, _ globals: GlobalSettings) {
        let basis = Basis(options: options, classes: store.ingressClasses.revision, globals: globals)
        guard basis != self.basis else { return }
        self.basis = basis
        ingresses = [:]
        hosts = [:]
    }

    /// Every Ingress that serves something, the oldest first.
    private mutating func readIngresses(
        _ globals: GlobalSettings, _ context: inout TranslationContext
    ) -> [TranslatedIngress] {
        let annotations = AnnotationReader(
            .ingressNginx, prefix: options.annotationPrefix, gate: globals.gate, defaults: globals.defaults)
        let reader = IngressReader(
            store: context.store, classes: ClassFilter(context.store, options), annotations: annotations,
            globals: globals)
        var current: [TranslatedIngress] = []
        current.reserveCapacity(context.store.ingresses.count)
        for shared in context.store.ingresses.allShared {
            if let known = ingresses[ObjectIdentifier(shared)],
                known.dependencies.allSatisfy({ $0.holds(in: context.store) })
            {
                current.append(known)
            } else {
                let ingress = reader.read(shared)
                ingresses[ObjectIdentifier(shared)] = ingress
                current.append(ingress)
            }
        }
        if ingresses.count > current.count {
            ingresses = Dictionary(uniqueKeysWithValues: current.map { (ObjectIdentifier($0.source), $0) })
        }
        current.sort { $0.precedes($1) }
        for ingress in current {
            if !ingress.diagnostics.isEmpty { context.diagnostics += ingress.diagnostics }
            if ingress.isRejected { context.rejected.insert(ingress.source.object.reference) }
        }
        current.removeAll { $0.served == nil }
        return current
    }

    /// Asks for the upstreams of all paths, and of the default backend.
    /// - Returns: the default backend's.
    private func requestUpstreams(
        of ingresses: [TranslatedIngress], _ context: inout TranslationContext
    ) -> UpstreamID? {
        for ingress in ingresses {
            guard let served = ingress.served else { continue }
            for host in served.hosts {
                for case let request? in host.paths.lazy.map(\.upstream) {
                    _ = context.upstreams.upstream(for: request)
                }
            }
            if let request = served.defaultBackend?.upstream { _ = context.upstreams.upstream(for: request) }
            if let request = served.fallback { _ = context.upstreams.upstream(for: request) }
        }
        guard let key = options.defaultBackend, let port = context.store.services[key]?.ports.first else { return nil }
        let target = ServicePort(namespace: key.namespace, service: key.name, port: .number(port.port))
        return context.upstreams.upstream(
            for: UpstreamRequest(target, origin: .builtIn, field: "default backend"))
    }

    /// The virtual hosts, in the model's order.
    private mutating func assemble(
        _ ingresses: [TranslatedIngress], _ defaultUpstream: UpstreamID?, _ context: inout TranslationContext
    ) -> [VirtualHost] {
        if context.upstreams.renamed != renamed || defaultUpstream != self.defaultUpstream {
            renamed = context.upstreams.renamed
            self.defaultUpstream = defaultUpstream
            hosts = [:]
        }
        var shares: [HostName: [Part]] = [:]
        shares.reserveCapacity(hosts.count)
        for ingress in ingresses {
            for (index, host) in (ingress.served?.hosts ?? []).enumerated() {
                shares[host.name, default: []].append(Part(ingress: ingress, host: index))
            }
        }
        for (name, parts) in shares where hosts[name]?.shares != parts {
            hosts[name] = assemble(name, parts)
        }
        if hosts.count > shares.count { hosts = hosts.filter { shares[$0.key] != nil } }
        let sorted = hosts.values.sorted { $0.virtualHost.name.precedes($1.virtualHost.name) }
        for host in sorted where !host.diagnostics.isEmpty { context.diagnostics += host.diagnostics }
        return HostAliases.place(ingresses, into: sorted.map(\.virtualHost), &context.diagnostics)
    }

    private func assemble(_ name: HostName, _ parts: [Part]) -> AssembledHost? {
        let shares = parts.compactMap { part in
            part.ingress.served.map {
                HostAssembly.Share(ingress: part.ingress, served: $0, host: $0.hosts[part.host])
            }
        }
        var assembly = HostAssembly(name, shares, defaultUpstream: defaultUpstream, renamed: renamed)
        return assembly.virtualHost().map {
            AssembledHost(shares: parts, virtualHost: $0, diagnostics: assembly.diagnostics)
        }
    }
}
