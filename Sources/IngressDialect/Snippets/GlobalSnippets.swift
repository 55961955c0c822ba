import Kubernetes
import Model
import Translation

/// The snippets of the controller's ConfigMap, compiled once for all Ingresses.
struct GlobalSnippets {
    private let configMap: ConfigMap
    private(set) var diagnostics: [Diagnostic] = []

    init(_ configMap: ConfigMap) { self.configMap = configMap }

    /// Reads the texts in `globals` and puts what they mean there, too.
    mutating func read(into globals: inout GlobalSettings) {
        // What holds for everything, before what is within.
        for (key, text) in [("http-snippet", globals.httpSnippet), ("main-snippet", globals.mainSnippet)] {
            guard let text else { continue }
            var compiler = SnippetCompiler(.http, within: globals)
            compiler.add(text)
            globals.zones = compiler.zones
            globals.commonLimits = compiler.limits.beside(globals.commonLimits)
            globals.commonHeaders.append(compiler.headers)
            for setting in compiler.compression { globals.defaults.compression.apply(setting) }
            globals.takeZones(of: compiler)
            finish(compiler, key: key, isRefused: compiler.isRefused, &globals)
        }
        globals.settings.compression = globals.defaults.compression.policy()
        globals.commonLimits.rateStatus = globals.commonLimits.rateStatus ?? globals.defaults.limits.rateStatus
        globals.commonLimits.connectionStatus =
            globals.commonLimits.connectionStatus ?? globals.defaults.limits.connectionStatus
        if let text = globals.serverSnippet {
            var compiler = SnippetCompiler(.server, within: globals)
            compiler.add(text)
            let origin = origin(of: "server-snippet")
            globals.server = ServerSnippet(
                compiler, labels: RouteLabels(), origin: origin, over: globals.defaults)
            globals.server.limitsAround = globals.commonLimits
            globals.server.addressRules = compiler.access.isEmpty ? nil : SnippetAccess.rules(compiler.access)
            let isLost = !compiler.access.isEmpty && globals.server.addressRules == nil
            finish(compiler, key: "server-snippet", isRefused: compiler.isRefused || isLost, &globals)
        }
        if let text = globals.locationSnippet {
            var compiler = SnippetCompiler(.location, within: globals, variables: globals.server.variables)
            compiler.add(text)
            finish(compiler, key: "location-snippet", isRefused: false, &globals)
        }
        if let text = globals.questionSnippet {
            var compiler = SnippetCompiler(.question, within: globals)
            compiler.add(text)
            globals.questionFields = compiler.questionFields
            finish(compiler, key: "global-auth-snippet", isRefused: compiler.isRefused, &globals)
        }
    }

    private mutating func finish(
        _ compiler: SnippetCompiler, key: String, isRefused: Bool, _ globals: inout GlobalSettings
    ) {
        for finding in compiler.findings {
            diagnostics.append(
                Diagnostic(
                    finding.severity, origin(of: key), field: "data.\(key)", "line \(finding.line): \(finding.fault)",
                    remedy: finding.remedy))
        }
        if isRefused { globals.defaults.protection.refusingPaths.append("\(key) of the ConfigMap") }
    }

    private func origin(of key: String) -> Origin {
        configMap.data.first { $0.key == key }.map { Origin(configMap, line: $0.line) } ?? Origin(configMap)
    }
}

extension GlobalSettings {
    /// Names of the zones that responses can be kept in.
    var cacheZones: Set<String> { Set(settings.responseCacheZones.map(\.name)) }

    /// Takes what a snippet says of the cache for everything.
    mutating func takeZones(of compiler: SnippetCompiler) {
        let fresh = compiler.definedCacheZones.filter { !cacheZones.contains($0.name) }
        let all = (settings.responseCacheZones + fresh).prefix(ResponseCacheZone.countLimit)
        settings.responseCacheZones = all.sorted { $0.name < $1.name }
        var draft = compiler.responseCache.within(defaults.responseCache)
        // A zone whose definition was no good.
        if let zone = draft.zone, !cacheZones.contains(zone) { draft.zone = nil }
        defaults.responseCache = draft
    }
}
