public import Kubernetes
import Model
public import Translation

/// Translates Ingresses, with ingress-nginx's annotations, into the model.
///
/// Lives as long as its owner: Ingresses, hosts and upstreams that a change doesn't touch are taken over from
/// the translation before, so that one edit among ten thousand Ingresses costs little more than looking at each.
public struct IngressTranslator: Sendable {
    public var options: TranslationOptions

    /// What every Ingress's translation depends on beside the Ingress.
    private struct Basis: Equatable {
        var options: TranslationOptions
        var classes: ObjectTable<IngressClass>.Revision
        var globals: GlobalSettings
    }

    private var basis: Basis?
    private var certificates = CertificateResolver(.none)
    private var certificateList: [CertificateBundle] = []
    private var secrets: ObjectTable<Secret>.Revision?
    private var ingresses = IngressRegister()
    private var hosts = HostRegister()
    private var upstreams = UpstreamResolver()
    private var defaultBackend: UpstreamRequest?

    public init(options: TranslationOptions = TranslationOptions()) { self.options = options }

    /// The model for these objects.
    /// - Parameter names: the addresses of names, as far as they are resolved; see `Translation.names`.
    public mutating func translate(_ store: ObjectStore, names: ResolvedNames = [:]) -> Translation {
        var context = TranslationContext(store, options, names: names, upstreams: upstreams)
        upstreams = UpstreamResolver()
        updateCertificates(from: store)
        var globals = globalSettings(&context)
        readParameters(&globals, &context)
        let haveChanged = update(globals, &context)
        context.resolveUpstreams()
        for ingress in ingresses.ordered {
            if !ingress.diagnostics.isEmpty { context.diagnostics += ingress.diagnostics }
            if ingress.isRejected { context.rejected.insert(ingress.source.object.reference) }
        }
        let splits = CanaryPairing.splits(of: ingresses.ordered, among: hosts, context.upstreams, &context.diagnostics)
        context.upstreams.split(splits)
        // Without endpoints the built-in page answers, as if there were no such Service.
        let defaultUpstream = defaultBackend.map { context.upstreams.renamed[$0.target] ?? $0.usualID }
            .flatMap { context.upstreams.hasEndpoints($0) ? $0 : nil }
        var settings = globals.settings
        if defaultUpstream != nil { settings.errorPages = globals.defaults.errors.pages() }
        if defaultUpstream == nil { reportUnansweredErrors(&context.diagnostics) }
        let surroundings = HostAssembly.Surroundings(
            defaultUpstream: defaultUpstream, renamed: context.upstreams.renamed, server: globals.server)
        let bare = hosts.assemble(in: surroundings, &context.diagnostics)
        let all = CanonicalHosts.place(
            ingresses.ordered, status: globals.redirectStatus, into: bare, &context.diagnostics)
        let virtualHosts = HostAliases.place(ingresses.ordered, into: all, &context.diagnostics)
        var translation = context.finish(virtualHosts, defaultUpstream: defaultUpstream, settings: settings)
        upstreams = context.upstreams
        if haveChanged { certificateList = CertificateList.of(ingresses.ordered) }
        let standard = CertificateList.standard(
            options.defaultCertificate, in: store, certificates, ciphers: settings.tls.ciphers,
            &translation.diagnostics)
        translation.model.certificates = CertificateList.adding(standard, to: certificateList)
        translation.model.defaultCertificate = standard?.id
        translation.validUntil = ingresses.ordered.reduce(.max) { min($0, $1.validUntil) }
        return translation
    }

    /// Says where `custom-http-errors` has nobody to answer.
    private func reportUnansweredErrors(_ diagnostics: inout [Diagnostic]) {
        for ingress in ingresses.ordered {
            guard let pages = ingress.content.policy.errorPages, pages.upstream == nil else { continue }
            diagnostics.append(
                Diagnostic(
                    .warning, ingress.origin, field: annotationField("custom-http-errors"),
                    "no default backend with endpoints answers \(pages.statuses.map(String.init).joined(separator: ", ")): "
                        + "the plain errors stay",
                    remedy: "name a Service with default-backend, or start with --default-backend-service"))
        }
    }

    private mutating func updateCertificates(from store: ObjectStore) {
        if !certificates.uses(options.certificates) { certificates = CertificateResolver(options.certificates) }
        guard secrets != store.secrets.revision else { return }
        secrets = store.secrets.revision
        certificates.forgetGone(from: store)
    }

    /// `ssl-dh-param`
    private func readParameters(_ globals: inout GlobalSettings, _ context: inout TranslationContext) {
        guard var reference = globals.dhParameters, let configMap = options.configMap else { return }
        if reference.namespace.isEmpty { reference.namespace = configMap.namespace }
        let secret = context.store.secrets[reference]
        if let bytes = secret?.data["dhparam.pem"]?.bytes, !bytes.isEmpty {
            globals.settings.tls.dhParameters = SealedBytes(bytes)
            return
        }
        let origin = context.store.configMaps[configMap].map { Origin($0) } ?? .builtIn
        let fault = secret == nil ? "there is no Secret \(reference)" : "Secret \(reference) has no dhparam.pem"
        context.diagnostics.append(
            Diagnostic(.warning, origin, field: "data.ssl-dh-param", "\(fault): DHE suites are off"))
    }

    private func globalSettings(_ context: inout TranslationContext) -> GlobalSettings {
        guard let key = options.configMap, let configMap = context.store.configMaps[key] else {
            return GlobalSettings()
        }
        var globals = GlobalSettings.read(configMap, &context.diagnostics)
        var snippets = GlobalSnippets(configMap)
        snippets.read(into: &globals)
        context.diagnostics += snippets.diagnostics
        var headers = GlobalHeaders(store: context.store, configMap: configMap)
        globals.settings.headerEdits = headers.edits(globals)
        context.diagnostics += headers.diagnostics
        return globals
    }

    /// Brings Ingresses, hosts and requests for upstreams up to the store.
    /// - Returns: Whether any Ingress has changed.
    private mutating func update(_ globals: GlobalSettings, _ context: inout TranslationContext) -> Bool {
        let basis = Basis(options: options, classes: context.store.ingressClasses.revision, globals: globals)
        if basis != self.basis {
            self.basis = basis
            remove(ingresses.removeAll(), &context.upstreams)
        }
        let annotations = AnnotationReader(
            .ingressNginx, prefix: options.annotationPrefix, gate: globals.gate, defaults: globals.defaults)
        let reader = IngressReader(
            store: context.store, classes: ClassFilter(context.store, options), annotations: annotations,
            globals: globals, certificates: certificates, options: options)
        let changes = ingresses.update(from: context.store, reader)
        remove(changes.removed, &context.upstreams)
        for ingress in changes.added {
            hosts.insert(ingress)
            ingress.forEachUpstream { context.upstreams.insert($0) }
        }
        updateDefaultBackend(&context)
        return !changes.added.isEmpty || !changes.removed.isEmpty
    }

    /// Removes Ingresses, the oldest last: that is the cheap end of what they share in.
    private mutating func remove(_ gone: [TranslatedIngress], _ upstreams: inout UpstreamResolver) {
        for ingress in gone.reversed() {
            hosts.remove(ingress)
            ingress.forEachUpstream { upstreams.remove($0) }
        }
    }

    private mutating func updateDefaultBackend(_ context: inout TranslationContext) {
        var target: ServicePort?
        if let key = options.defaultBackend, let port = context.store.services[key]?.ports.first {
            target = ServicePort(namespace: key.namespace, service: key.name, port: .number(port.port))
        }
        guard target != defaultBackend?.target else { return }
        if let former = defaultBackend { context.upstreams.remove(former) }
        defaultBackend = target.map {
            UpstreamRequest($0, seniority: .first, origin: .builtIn, field: .other("default backend"))
        }
        if let defaultBackend { context.upstreams.insert(defaultBackend) }
    }
}
