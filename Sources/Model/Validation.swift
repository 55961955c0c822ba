extension ProxyModel {
    /// The rules of the model that this one breaks; empty when it may be compiled and published.
    ///
    /// A dialect that works as it should never produces a fault here: its own diagnostics come first.
    /// This is the last gate before the data plane, so that what stands behind it needs no such checks.
    ///
    /// - Parameter known: a model without faults; what is the same in both is not looked at again.
    public func faults(beside known: ProxyModel? = nil) -> [Diagnostic] {
        var check = ModelCheck(self, known)
        check.upstreams()
        check.certificates()
        check.hosts()
        check.settings()
        return check.faults
    }

    /// Longest regular expression, in bytes.
    public static let patternLimitBytes = 4 << 10
    /// Longest path, redirect target, template or header value, in bytes.
    public static let textLimitBytes = 8 << 10
}

/// Checks a model beside one that is known to be good.
///
/// Lists are walked in place and what is the same in both is passed over without a look at its names: of
/// ten thousand hosts, copying and comparing them would take longest.
private struct ModelCheck {
    private let model: ProxyModel
    private let known: ProxyModel
    /// Whether an upstream of the known model is gone, so that hosts which did not change may name it.
    private var hasLostUpstreams = false
    /// Whether a certificate of the known model is gone, likewise.
    private var hasLostCertificates = false
    private var certificateNames: Set<CertificateID> = []
    private(set) var faults: [Diagnostic] = []

    init(_ model: ProxyModel, _ known: ProxyModel?) {
        self.model = model
        self.known = known ?? ProxyModel()
    }

    mutating func upstreams() {
        let (all, allKnown) = (model.upstreams, known.upstreams)
        let (upstreams, known) = (all.span, allKnown.span)
        var next = 0
        var followsKnown = true
        for index in upstreams.indices {
            if next < known.count, known[next] == upstreams[index] {
                if !followsKnown { checkOrder(of: all, at: index) }
                followsKnown = true
                next += 1
                continue
            }
            while next < known.count, known[next].id < upstreams[index].id {
                hasLostUpstreams = true
                next += 1
            }
            if next < known.count, known[next].id == upstreams[index].id { next += 1 }
            checkOrder(of: all, at: index)
            check(all[index])
            followsKnown = false
        }
        if next < known.count { hasLostUpstreams = true }
    }

    mutating func hosts() {
        let (all, allKnown) = (model.virtualHosts, known.virtualHosts)
        let (hosts, known) = (all.span, allKnown.span)
        var next = 0
        var followsKnown = true
        for index in hosts.indices {
            if next < known.count, known[next] == hosts[index] {
                if !followsKnown { checkOrder(of: all, at: index) }
                if hasLostUpstreams { checkUpstreams(of: hosts[index]) }
                if hasLostCertificates { checkCertificate(of: hosts[index]) }
                followsKnown = true
                next += 1
                continue
            }
            while next < known.count, known[next].name <= hosts[index].name { next += 1 }
            checkOrder(of: all, at: index)
            check(all[index])
            checkUpstreams(of: hosts[index])
            checkCertificate(of: hosts[index])
            followsKnown = false
        }
        if let upstream = model.defaultUpstream, !exists(upstream) {
            fault(.builtIn, "default upstream", "\(upstream) does not exist")
        }
    }

    private mutating func checkOrder(of hosts: [VirtualHost], at index: Int) {
        if index > 0, !(hosts[index - 1].name < hosts[index].name) {
            fault(hosts[index].origin, "host", "\(hosts[index].name) occurs twice or out of order")
        }
    }

    private mutating func checkOrder(of upstreams: [Upstream], at index: Int) {
        if index > 0, !(upstreams[index - 1].id < upstreams[index].id) {
            fault(upstreams[index].origin, "upstream", "\(upstreams[index].id) occurs twice or out of order")
        }
    }

    /// Whether the model holds an upstream; its upstreams are ordered, or there is a fault already.
    private func exists(_ id: UpstreamID) -> Bool { model.upstreams.index(of: id) != nil }

    mutating func settings() {
        let client = model.settings.client
        if client.headerTimeout <= .zero || client.bodyTimeout <= .zero || client.sendTimeout <= .zero {
            fault(.builtIn, "settings", "a client timeout is not positive")
        }
        if client.requestLineBytes < 256 || client.headerLineBytes < 256 || client.headerCount < 1
            || client.headerBytes < client.headerLineBytes
        {
            fault(.builtIn, "settings", "the limits for request heads leave no room for any request")
        }
        check(model.settings.headerEdits, .builtIn)
        let tls = model.settings.tls
        if tls.versions.isEmpty || tls.ciphers.isEmpty || tls.recordBytes < 512 || tls.sessionTimeout <= .zero {
            fault(.builtIn, "settings", "the TLS settings leave no way to speak it")
        }
        if model.settings.http2.concurrentStreams < 1 || model.settings.proxyProtocol.headerTimeout <= .zero {
            fault(.builtIn, "settings", "a limit for HTTP/2 or the PROXY protocol is out of range")
        }
        let upstream = model.settings.upstream
        if upstream.idleConnections < 0 || upstream.requestsPerConnection < 1 || upstream.responseHeadBytes < 256 {
            fault(.builtIn, "settings", "a limit for upstream connections is out of range")
        }
        let zones = model.settings.responseCacheZones
        if !zones.allSatisfy(\.isValid) || zones.count > ResponseCacheZone.countLimit
            || zip(zones, zones.dropFirst()).contains(where: { $0.name >= $1.name })
        {
            fault(.builtIn, "settings", "a zone of the response cache is out of range or order")
        }
    }

    /// Certificates are few and their names short, so each model's are all looked at.
    mutating func certificates() {
        let all = model.certificates
        for index in all.indices.dropFirst() where !(all[index - 1].id < all[index].id) {
            fault(all[index].origin, "certificate", "\(all[index].id) occurs twice or out of order")
        }
        certificateNames = Set(all.map(\.id))
        hasLostCertificates = !known.certificates.allSatisfy { certificateNames.contains($0.id) }
        if let certificate = model.defaultCertificate, !certificateNames.contains(certificate) {
            fault(.builtIn, "default certificate", "\(certificate) does not exist")
        }
    }

    private mutating func checkCertificate(of host: VirtualHost) {
        if let certificate = host.tls?.certificate, !certificateNames.contains(certificate) {
            fault(host.origin, "certificate", "\(certificate) does not exist")
        }
    }

    private mutating func check(_ tls: HostTLS, _ origin: Origin) {
        if let ciphers = tls.ciphers, ciphers.isEmpty || !isText(ciphers) {
            fault(origin, "ciphers", "are empty, hold control bytes or are too long")
        }
        guard let policy = tls.clientCertificate else { return }
        if policy.depth < 1 { fault(policy.origin, "client certificate", "allows no depth") }
        if let page = policy.errorPage, page.isEmpty || !isText(page) {
            fault(policy.origin, "error page", "is empty, holds control bytes or is too long")
        }
        if let pattern = policy.subjectPattern { checkPattern(pattern, policy.origin) }
    }

    private mutating func check(_ host: VirtualHost) {
        if let tls = host.tls { check(tls, host.origin) }
        if let canonical = host.canonicalHost {
            if !isHostName(canonical.name) { fault(canonical.origin, "canonical host", "is no host name") }
            checkRedirectStatus(canonical.status, canonical.origin)
        }
        if !host.name.isValid { fault(host.origin, "host", "\(host.name) is no host name") }
        if let root = host.appRoot, !isPath(root.path) { fault(root.origin, "app root", "is no absolute path") }
        for alias in host.aliases where !alias.isValid { fault(host.origin, "alias", "is no host name or pattern") }
        for route in host.routes { check(route) }
    }

    private mutating func check(_ upstream: Upstream) {
        for endpoint in upstream.endpoints {
            if endpoint.port == 0 { fault(upstream.origin, "endpoint", "\(endpoint) has no port") }
            if endpoint.weight < 1 { fault(upstream.origin, "endpoint", "\(endpoint) has no weight") }
            if endpoint.address.isEmpty || !endpoint.address.utf8.allSatisfy(\.isAddressByte) {
                fault(upstream.origin, "endpoint", "has no literal address")
            }
        }
        let places = Set(upstream.endpoints.lazy.map { Endpoint(address: $0.address, port: $0.port) })
        if places.count < upstream.endpoints.count {
            fault(upstream.origin, "upstream", "\(upstream.id) holds an endpoint twice")
        }
        for (field, text) in upstream.choiceFaults { fault(upstream.split?.origin ?? upstream.origin, field, text) }
        if let other = upstream.split?.upstream, other == upstream.id || !exists(other) {
            fault(upstream.origin, "split", "\(other) is no other upstream")
        }
    }

    private mutating func checkUpstreams(of host: VirtualHost) {
        if let passthrough = host.passthrough, !exists(passthrough.upstream) {
            fault(passthrough.origin, "passthrough", "\(passthrough.upstream) does not exist")
        }
        let list = host.routes
        let routes = list.span
        for index in routes.indices {
            if case .forward(let upstream) = routes[index].action, !exists(upstream) {
                fault(routes[index].origin, "upstream", "\(upstream) does not exist")
            }
            for (name, upstream) in routes[index].policy.otherUpstreams where !exists(upstream) {
                fault(routes[index].origin, name, "\(upstream) does not exist")
            }
        }
    }

    private mutating func check(_ route: Route) {
        switch route.match.path {
        case .exact(let path), .prefix(let path):
            if !isPath(path) { fault(route.origin, "path", "is no absolute path") }
        case .regex(let pattern, _):
            checkPattern(pattern, route.origin)
        }
        switch route.action {
        case .forward: break
        case .redirect(let redirect):
            if !(300...308).contains(redirect.status) {
                fault(route.origin, "redirect", "has status \(redirect.status)")
            }
            if !isText(redirect.location) { fault(route.origin, "redirect", "holds control bytes or is too long") }
        case .refuse(let status, _):
            if !(400...599).contains(status) { fault(route.origin, "action", "refuses with status \(status)") }
        }
        check(route.policy, route.origin)
    }

    private mutating func checkRedirectStatus(_ status: Int, _ origin: Origin) {
        if ![301, 302, 307, 308].contains(status) { fault(origin, "redirect", "has status \(status)") }
    }

    private mutating func check(_ policy: RoutePolicy, _ origin: Origin) {
        if let redirect = policy.secureRedirect { checkRedirectStatus(redirect.status, origin) }
        if let tls = policy.transport.tls, tls.depth < 1 || tls.versions.isEmpty {
            fault(origin, "upstream TLS", "allows no depth or no version")
        }
        if let rewrite = policy.rewrite {
            checkPattern(rewrite.pattern, origin)
            if !isText(rewrite.template) { fault(origin, "rewrite", "holds control bytes or is too long") }
        }
        if let host = policy.hostOverride, host.template.isEmpty || !isText(host.template) {
            fault(origin, "host override", "is empty, holds control bytes or is too long")
        }
        if let edits = policy.headerEdits { check(edits, origin) }
        for (field, text) in policy.trafficFaults { fault(origin, field, text) }
        if policy.timeouts.connect <= .zero || policy.timeouts.send <= .zero || policy.timeouts.read <= .zero {
            fault(origin, "timeouts", "are not all positive")
        }
        if let zone = policy.responseCache?.zone,
            !model.settings.responseCacheZones.contains(where: { $0.name == zone })
        {
            fault(origin, "response cache", "\(zone) does not exist")
        }
        check(policy.externalAuth, origin)
        if let mirror = policy.mirror { check(mirror.destination, "mirror", origin) }
        if let pages = policy.errorPages, !pages.isValid { fault(origin, "error pages", "are for no error") }
        if let form = policy.requestForm, !form.isValid {
            fault(origin, "request for the upstream", "has no method that may be sent, or too long a body")
        }
        if let routes = policy.errorRoutes, !routes.isValid { fault(origin, "error routes", "lead nowhere") }
        if let limits = policy.zoneLimits, !limits.isValid { fault(origin, "limits in zones", "limit nothing") }
        if policy.retry.tries < 0 || policy.retry.timeout < .zero { fault(origin, "retry", "has a negative limit") }
        if let bytes = policy.bodyLimits.requestBytes, bytes < 0 { fault(origin, "body limit", "is negative") }
        if let kept = policy.clientKeepAlive, kept.timeout < .zero || kept.announcedSeconds ?? 0 < 0 {
            fault(origin, "connection of the client", "has a negative time")
        }
        if let timeout = policy.bodyLimits.timeout, timeout <= .zero { fault(origin, "body limit", "has no time") }
    }

    private mutating func check(_ edits: HeaderEdits, _ origin: Origin) {
        if !edits.charset.isValid { fault(origin, "charset", "is no token, or too long") }
        for edit in edits.onReceipt + edits.onRequest + edits.onResponse {
            let name = edit.operation == .remove && edit.name.hasSuffix("*") ? edit.name.dropLast() : edit.name[...]
            if name.isEmpty || !name.utf8.allSatisfy(\.isTokenByte) {
                fault(origin, "header", "has no token for a name")
            }
            switch edit.value {
            case .literal(let text), .template(let text):
                if !isText(text, allowingTab: true) {
                    fault(origin, "header \(edit.name)", "holds control bytes or is too long")
                }
            case .date: break
            }
        }
    }

    private mutating func check(_ policy: ExternalAuth?, _ origin: Origin) {
        guard let policy else { return }
        let name = "external authentication"
        check(policy.destination, name, origin)
        if policy.method.isEmpty || !policy.method.utf8.allSatisfy(\.isTokenByte) {
            fault(origin, name, "has no token for a method")
        }
        for field in policy.responseFields + policy.fields.map(\.name)
        where field.isEmpty || !field.utf8.allSatisfy(\.isTokenByte) {
            fault(origin, name, "has no token for the name of a field")
        }
        let texts = [policy.signIn?.url, policy.redirect, policy.cache?.key] + policy.fields.map(\.value)
        for case let text? in texts where !isText(text, allowingTab: true) {
            fault(origin, name, "holds control bytes or is too long")
        }
    }

    private mutating func check(_ destination: Destination, _ name: String, _ origin: Origin) {
        if destination.host.isEmpty || !isText(destination.host) || !isText(destination.target) {
            fault(origin, name, "has no host, or holds control bytes or is too long")
        }
    }

    private mutating func checkPattern(_ pattern: String, _ origin: Origin) {
        if pattern.utf8.count > ProxyModel.patternLimitBytes {
            fault(origin, "pattern", "is longer than \(ProxyModel.patternLimitBytes) bytes")
        }
    }

    private func isPath(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") && isText(path) }

    private mutating func fault(_ origin: Origin, _ field: String, _ text: String) {
        faults.append(Diagnostic(.rejected, origin, field: field, text))
    }
}

/// Whether a text is short enough and holds no control bytes.
func isText(_ text: String, allowingTab: Bool = false) -> Bool {
    text.utf8.count <= ProxyModel.textLimitBytes
        && text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || (allowingTab && $0 == 0x09) }
}

extension HostName: Comparable {
    /// The order of `ProxyModel.virtualHosts`: exact names, wildcards, the catch-all host.
    public static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.exact(let left), .exact(let right)), (.wildcard(let left), .wildcard(let right)): left < right
        case (.exact, _), (.wildcard, .any): true
        case (.wildcard, .exact), (.any, _): false
        }
    }

    fileprivate var isValid: Bool {
        switch self {
        case .exact(let name), .wildcard(let name): isHostName(name)
        case .any: true
        }
    }
}

extension HostAlias {
    fileprivate var isValid: Bool {
        switch self {
        case .exact(let name), .leadingWildcard(let name), .trailingWildcard(let name): isHostName(name)
        case .regex(let pattern): !pattern.isEmpty && pattern.utf8.count <= ProxyModel.patternLimitBytes
        }
    }
}

/// Lower-case letters, digits, `-`, `_` and `.`, at most 253 bytes (RFC 1035 §2.3.4); other scripts in their `xn--` form.
private func isHostName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 253
        && name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
}

extension UInt8 {
    /// Bytes of literal IPv4 and IPv6 addresses, with zone.
    fileprivate var isAddressByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    /// `tchar` of RFC 9110 §5.6.2.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
