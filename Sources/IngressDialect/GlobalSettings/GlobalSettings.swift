import Kubernetes
import Model
import Translation

/// What the controller's ConfigMap says: settings of the whole proxy, defaults for annotations, and rules
/// for what Ingresses may contain.
struct GlobalSettings: Sendable, Equatable {
    var settings = Settings()
    /// Where every Ingress's draft begins.
    var defaults = IngressDraft()
    var gate = AnnotationReader.Gate()
    /// `global-auth-url` and its kin
    var externalAuth = ExternalAuthDraft()
    /// `no-auth-locations`: what paths begin with that need no authentication.
    var locationsWithoutAuth = ["/.well-known/acme-challenge"]
    /// `strict-validate-path-type`
    var validatesPathsStrictly = true
    /// `allow-cross-namespace-resources`
    var allowsCrossNamespaceReferences = false
    /// `global-allowed-response-headers`, spelled as they must be.
    var allowedResponseHeaders: [String] = []
    /// `add-headers`, `proxy-set-headers`: the ConfigMaps whose entries are set on every response and request.
    var responseHeaders: NamespacedName?
    /// `default-type`
    var mediaType = "text/html"
    /// As they were written.
    var locationSnippet: String?
    var serverSnippet: String?
    var httpSnippet: String?
    var mainSnippet: String?
    /// `global-auth-snippet`
    var questionSnippet: String?
    /// The same, compiled.
    var questionFields: [HeaderEdits.Field] = []
    /// `server-snippet`, compiled.
    var server = ServerSnippet()
    /// `http-snippet`, as far as it edits headers.
    var commonHeaders = SnippetHeaders()
    /// The zones of `http-snippet`, and what it says of all limits.
    var zones = LimitZones()
    var commonLimits = ZoneLimitsDraft()
    /// `server-tokens`
    var namesServer = false
    /// `proxy-add-original-uri-header`
    var sendsOriginalURI = false
    var requestHeaders: NamespacedName?

    /// `http-redirect-code`
    var redirectStatus = 308
    /// `no-tls-redirect-locations`
    var exemptFromSecureRedirect = ["/.well-known/acme-challenge"]
    /// `proxy-ssl-location-only`
    var keepsUpstreamTLSToItsIngress = false
    /// `hsts`, and what the field says when it is on.
    var sendsStrictTransport = true
    var strictTransport = StrictTransport()
    /// `ssl-dh-param`
    var dhParameters: NamespacedName?

    /// Reads the ConfigMap. A value that cannot be used leaves its default.
    static func read(
        _ configMap: ConfigMap, _ diagnostics: inout [Diagnostic]
    ) -> GlobalSettings {
        let table = ConfigKeyTable.ingressNginx
        var globals = GlobalSettings()
        for entry in configMap.data {
            func report(_ severity: Diagnostic.Severity, _ fault: String, remedy: String = "") {
                diagnostics.append(
                    Diagnostic(
                        severity, Origin(configMap, line: entry.line), field: "data.\(entry.key)", fault,
                        remedy: remedy))
            }
            let value = String(trimmed(entry.value[...]))
            guard let key = table[entry.key] else {
                if ConfigKey.removedFamilies.contains(where: entry.key.hasPrefix) {
                    report(.note, "has no effect: it was removed from ingress-nginx, too", remedy: "take it out")
                } else {
                    let nearest = table.nearest(to: entry.key)
                    let isAnnotation = AnnotationTable.ingressNginx[entry.key] != nil
                    report(
                        .warning,
                        isAnnotation
                            ? "has no effect: it is an annotation, not a key" : "is no setting that Gatehouse knows",
                        remedy: isAnnotation
                            ? "write it on each Ingress" : nearest.map { "did you mean \($0)?" } ?? "take it out")
                }
                continue
            }
            if value.isEmpty { continue }
            if key.shortfall != nil {
                if let shortfall = key.shortfall(of: value) {
                    report(shortfall.severity, "has no effect: \(shortfall.reason)", remedy: shortfall.remedy)
                }
                continue
            }
            let before = globals.defaults.protection
            do throws(ValueFault) { try key.write(value, &globals) } catch {
                let outcome = error.outcome.isEmpty ? key.afterFault : error.outcome
                let isClosed = globals.defaults.protection != before
                report(isClosed ? .rejected : .warning, "\(error.fault): \(outcome)", remedy: error.remedy)
                continue
            }
            if entry.key == "log-format-upstream" {
                globals.settings.observation.formatOrigin = Origin(configMap, line: entry.line)
            }
            if entry.key == "use-geoip2" { globals.settings.geo.origin = Origin(configMap, line: entry.line) }
            if globals.defaults.protection != before {
                report(
                    .rejected, "is not honoured; it decides who may come in, so every Ingress answers 503",
                    remedy: "take it out to serve everybody")
            }
        }
        globals.settings.compression = globals.defaults.compression.policy()
        globals.settings.response.strictTransport = globals.sendsStrictTransport ? globals.strictTransport : nil
        return globals
    }
}
