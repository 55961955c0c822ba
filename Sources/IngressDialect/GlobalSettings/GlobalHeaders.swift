import Kubernetes
import Model
import Translation

/// Header fields that the controller's ConfigMap gives to every request and response.
struct GlobalHeaders {
    private let store: ObjectStore
    private let configMap: ConfigMap
    private(set) var diagnostics: [Diagnostic] = []

    init(store: ObjectStore, configMap: ConfigMap) {
        self.store = store
        self.configMap = configMap
    }

    /// The edits of every route: `server-tokens`, `add-headers`, `proxy-set-headers`, `proxy-add-original-uri-header`.
    mutating func edits(_ globals: GlobalSettings) -> HeaderEdits {
        var edits = HeaderEdits()
        if globals.namesServer { edits.onResponse.append(.init(.set, "Server", .literal("gatehouse"))) }
        if globals.sendsOriginalURI {
            edits.onRequest.append(.init(.set, "X-Original-URI", .template("$request_uri")))
        }
        edits.onResponse += read(globals.responseHeaders, key: "add-headers")
        edits.onRequest += read(globals.requestHeaders, key: "proxy-set-headers")
        let common = globals.commonHeaders.edits()
        edits.onResponse = common.onResponse + edits.onResponse
        edits.charset = common.charset
        return edits
    }

    /// The entries of a ConfigMap. One that can't be used is left out, and named.
    private mutating func read(_ reference: NamespacedName?, key: String) -> [HeaderEdits.Edit] {
        guard let reference else { return [] }
        guard !reference.namespace.isEmpty else {
            report(key, "\(quoted(reference.name)) names no namespace: it counts as absent", "write namespace/name")
            return []
        }
        guard let headers = store.configMaps[reference] else {
            report(key, "there is no ConfigMap \(reference): no header is set", "add it")
            return []
        }
        var edits: [HeaderEdits.Edit] = []
        for entry in headers.data {
            let place = "\(quoted(entry.key)) in ConfigMap \(reference)"
            if let fault = CustomHeader.fault(name: entry.key, value: entry.value, allowed: nil) {
                report(key, "\(place) \(fault.text): it is left out", fault.remedy)
            } else if key == "proxy-set-headers", entry.key.lowercased() == "host" {
                report(
                    key, "\(place) would change what every backend is asked for: it is left out", "use upstream-vhost")
            } else if let fault = TemplateText.fault(in: entry.value) {
                report(key, "\(place) \(fault): it is left out", "write ${literal_dollar} for a plain $")
            } else {
                edits.append(.init(.set, entry.key, .template(entry.value)))
            }
        }
        return edits
    }

    private mutating func report(_ key: String, _ fault: String, _ remedy: String) {
        let line = configMap.data.first { $0.key == key }?.line
        diagnostics.append(
            Diagnostic(
                .warning, line.map { Origin(configMap, line: $0) } ?? Origin(configMap), field: "data.\(key)", fault,
                remedy: remedy))
    }
}
