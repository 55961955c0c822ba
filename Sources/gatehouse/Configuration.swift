import ControlPlane
import IngressDialect
import Kubernetes
import Model
import Routing
import Translation

/// What a set of manifests means, read once: the functions that `serve` runs, without its sockets.
struct Configuration {
    /// What a proxy would do.
    var model: ProxyModel
    /// Everything there is to say about the manifests, in the order of reading and then of translation.
    var diagnostics: [Diagnostic]
    /// Names that upstreams need addresses for.
    var names: Set<String>
    var router: Router
    /// The objects that the manifests hold.
    var objects: ObjectStore
    /// What names of annotations begin with, before the slash.
    var annotationPrefix: String

    /// - Parameter resolvesNames: whether names of upstreams are looked up, waiting at most two seconds.
    static func load(
        _ manifests: [String], _ options: TranslationOptions, resolvesNames: Bool = false
    ) async -> Configuration {
        let set = await ManifestLoader.manifests(in: manifests)
        let configuration = translate(set, options)
        guard resolvesNames, !configuration.names.isEmpty else { return configuration }
        return translate(set, options, resolved: await resolve(configuration.names))
    }

    /// What manifests mean that have been read.
    static func translate(
        _ manifests: ManifestSet, _ options: TranslationOptions, resolved: ResolvedNames = [:]
    ) -> Configuration {
        var translator = IngressTranslator(options: options)
        let translation = translator.translate(manifests.store, names: resolved)
        let router = RouterCompiler.compile(translation.model.virtualHosts)
        return Configuration(
            model: translation.model,
            diagnostics: manifests.diagnostics.map { Diagnostic($0) } + translation.diagnostics
                + translation.model.faults() + router.diagnostics + ModelFindings(translation.model).diagnostics,
            names: translation.names, router: router, objects: manifests.store,
            annotationPrefix: options.annotationPrefix)
    }

    /// Says on standard error that some of what was read is not in use, to whom asked about something else.
    func remarkOnRejected() {
        let report = DiagnosticReport(diagnostics)
        guard report.counts.rejected > 0 else { return }
        Printing.remark("\(report.summary) in these manifests; see gatehouse check")
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
            group.cancelAll()
        }
        return resolver.answers
    }
}
