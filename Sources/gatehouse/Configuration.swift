import ControlPlane
import IngressDialect
import Kubernetes
import Model
import Routing
import Translation

/// What a set of manifests means, read once: the functions that `serve` runs, without its sockets.
struct Configuration {
    /// The objects that were read.
    var objects: ObjectStore
    /// What a proxy would do.
    var model: ProxyModel
    /// Everything there is to say about the manifests, in the order of reading and then of translation.
    var diagnostics: [Diagnostic]
    var router: Router

    /// - Parameter resolvesNames: whether names of upstreams are looked up, waiting at most two seconds.
    static func load(
        _ manifests: [String], _ options: TranslationOptions, resolvesNames: Bool = false
    ) async -> Configuration {
        let set = await ManifestLoader.manifests(in: manifests)
        var translator = IngressTranslator(options: options)
        var translation = translator.translate(set.store)
        if resolvesNames, !translation.names.isEmpty {
            let names = await resolve(translation.names)
            translation = translator.translate(set.store, names: names)
        }
        return Configuration(set.diagnostics.map { Diagnostic($0) }, set.store, translation)
    }

    init(_ reading: [Diagnostic], _ objects: ObjectStore, _ translation: Translation) {
        let router = RouterCompiler.compile(translation.model.virtualHosts)
        self.objects = objects
        self.model = translation.model
        self.router = router
        diagnostics = reading + translation.diagnostics + translation.model.faults() + router.diagnostics
    }

    private static func resolve(_ names: Set<String>) async -> ResolvedNames {
        let resolver = DNSResolver()
        resolver.want(names)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await resolver.settled() }
            group.addTask { try? await Task.sleep(for: .seconds(2)) }
            await group.next()
            // Ends the wait for lookups that hang.
            resolver.stop()
        }
        return resolver.answers
    }
}
