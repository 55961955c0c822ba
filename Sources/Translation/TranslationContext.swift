public import Kubernetes
public import Model

/// One translation under way: the objects going in, the upstreams and diagnostics coming out. Every
/// dialect works on the same context, so that their routes share upstreams.
public struct TranslationContext: Sendable {
    public let store: ObjectStore
    public let options: TranslationOptions
    public let names: ResolvedNames
    public var upstreams: UpstreamResolver
    public var diagnostics: [Diagnostic] = []
    public var rejected: Set<ObjectReference> = []

    /// - Parameter upstreams: what the translation before this one left behind.
    public init(
        _ store: ObjectStore, _ options: TranslationOptions, names: ResolvedNames, upstreams: UpstreamResolver
    ) {
        self.store = store
        self.options = options
        self.names = names
        self.upstreams = upstreams
    }

    /// Settles the upstreams, once every dialect has asked for its own. Their names are final then.
    public mutating func resolveUpstreams() { upstreams.resolve(store, options, names: names) }

    /// The result.
    public mutating func finish(
        _ virtualHosts: [VirtualHost], defaultUpstream: UpstreamID?, settings: Settings
    ) -> Translation {
        var needed: Set<String> = []
        let model = ProxyModel(
            virtualHosts: virtualHosts, upstreams: upstreams.results(&diagnostics, &needed),
            defaultUpstream: defaultUpstream, settings: settings)
        return Translation(model: model, diagnostics: diagnostics, rejected: rejected, names: needed)
    }
}
