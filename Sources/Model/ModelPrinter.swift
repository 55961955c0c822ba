/// A model as text, for `gatehouse routes` and for comparing with expectations.
///
/// The text is stable: equal models print the same, and a change of one route changes its lines alone.
/// Only what differs from a default is printed. Control bytes of values are escaped, so one value is one line.
public struct ModelPrinter {
    /// Whether to say in which file and line each part was written.
    public var showsOrigins: Bool

    public init(showsOrigins: Bool = true) { self.showsOrigins = showsOrigins }

    /// The whole model, a line for each thing.
    public func text(of model: ProxyModel) -> String {
        var page = Page()
        for host in model.virtualHosts { print(host, on: &page) }
        for certificate in model.certificates {
            page.line("certificate \(certificate)", origin: showsOrigins ? certificate.origin : nil)
        }
        if let certificate = model.defaultCertificate { page.line("default certificate \(certificate)") }
        for upstream in model.upstreams { print(upstream, on: &page) }
        if let upstream = model.defaultUpstream { page.line("default \(upstream)") }
        for line in model.settings.lines { page.line("setting \(line)") }
        return page.text
    }

    private func print(_ host: VirtualHost, on page: inout Page) {
        page.line("host \(host.name)", origin: showsOrigins ? host.origin : nil)
        page.indented { page in
            for alias in host.aliases { page.line("alias \(alias)") }
            if host.ranking == .listed { page.line("in listed order") }
            for line in host.lines { page.line(line) }
            for route in host.routes { print(route, on: &page) }
        }
    }

    private func print(_ route: Route, on page: inout Page) {
        page.line("\(route.match.path) -> \(route.action)", origin: showsOrigins ? route.origin : nil)
        page.indented { page in
            for line in route.policy.lines { page.line(line) }
        }
    }

    private func print(_ upstream: Upstream, on page: inout Page) {
        page.line("upstream \(upstream.id)", origin: showsOrigins ? upstream.origin : nil)
        page.indented { page in
            if upstream.loadBalancing != .roundRobin { page.line("balanced \(upstream.loadBalancing.rawValue)") }
            for line in upstream.choiceLines { page.line(line) }
            if upstream.isDemonstration { page.line("demonstration") }
            if let speaks = upstream.speaks { page.line("speaks \(speaks)") }
            if upstream.endpoints.isEmpty { page.line("no endpoints") }
            for endpoint in upstream.endpoints {
                page.line(endpoint.weight == 1 ? "\(endpoint)" : "\(endpoint) weight \(endpoint.weight)")
            }
        }
    }
}

/// Lines of text at growing indents.
private struct Page {
    private(set) var text = ""
    private var indent = ""

    mutating func line(_ content: String, origin: Origin? = nil) {
        text += indent
        appendEscaped(content)
        if let origin {
            text += "  # "
            appendEscaped(origin.description)
        }
        text += "\n"
    }

    mutating func indented(_ body: (inout Page) -> Void) {
        indent += "  "
        body(&self)
        indent.removeLast(2)
    }

    private mutating func appendEscaped(_ content: String) {
        if content.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
            text += content
        } else {
            for scalar in content.unicodeScalars {
                if scalar.value >= 0x20 && scalar.value != 0x7F {
                    text.unicodeScalars.append(scalar)
                } else {
                    text += scalar.escaped(asASCII: true)
                }
            }
        }
    }
}

extension Settings {
    /// One line for each setting that differs from its default, by the name of its ConfigMap key where it has one.
    public var lines: [String] {
        var settings = SettingLines(self)
        settings.add("client-header-timeout", \.client.headerTimeout)
        settings.add("client-body-timeout", \.client.bodyTimeout)
        settings.add("client send timeout", \.client.sendTimeout)
        settings.add("keep-alive", \.client.keepAliveTimeout)
        settings.add("keep-alive-requests", \.client.keepAliveRequests)
        settings.add("minimum body rate", \.client.minimumBodyRate)
        settings.add("body rate grace", \.client.bodyRateGrace)
        settings.add("buffers of a worker", \.client.bufferBytesPerWorker)
        settings.add("request line bytes", \.client.requestLineBytes)
        settings.add("header line bytes", \.client.headerLineBytes)
        settings.add("header bytes", \.client.headerBytes)
        settings.add("header count", \.client.headerCount)
        settings.add("enable-underscores-in-headers", \.client.keepsUnderscoreNames)
        settings.add("upstream-keepalive-connections", \.upstream.idleConnections)
        settings.add("surplus time", \.upstream.surplusTime)
        settings.add("upstream-keepalive-timeout", \.upstream.idleTimeout)
        settings.add("upstream-keepalive-requests", \.upstream.requestsPerConnection)
        settings.add("upstream-keepalive-time", \.upstream.connectionLifetime)
        settings.add("upstream response head bytes", \.upstream.responseHeadBytes)
        settings.add("failures before ejection", \.upstream.failuresBeforeEjection)
        settings.add("ejection time", \.upstream.ejectionTime)
        settings.add("use-forwarded-headers", \.forwarding.trustsForwardedHeaders)
        settings.add("compute-full-forwarded-for", \.forwarding.appendsForwardedFor)
        settings.add("enable-real-ip", \.forwarding.correctsAddress)
        settings.add("forwarded-for-header", \.forwarding.addressField)
        settings.add("forwarded-host-header", \.forwarding.hostField)
        settings.add("proxy-real-ip-cidr", \.forwarding.trustedHops)
        settings.add("generate-request-id", \.forwarding.generatesRequestID)
        settings.add("allow-backend-server-header", \.response.passesServerField)
        settings.add("hide-headers", \.response.hiddenFields)
        settings.add("block-cidrs", \.admission.blockedAddresses)
        settings.add("block-user-agents", \.admission.blockedAgents)
        settings.add("block-referers", \.admission.blockedReferers)
        if let workers { settings.add("worker-processes \(workers)") }
        if let shutdownGrace { settings.add("worker-shutdown-timeout \(shutdownGrace.secondsText)") }
        if let compression { settings.add("compression \(compression), where no route matches") }
        if let errorPages { settings.add("error pages for \(errorPages), where no route matches") }
        for zone in responseCacheZones { settings.add("response cache \(zone)") }
        settings.add("log-format-upstream", \.observation.logFormat)
        settings.add("log escaping", \.observation.escaping)
        settings.add("disable-access-log", \.observation.isSilent)
        settings.add("use-geoip2", \.geo.isOn)
        settings.add("geoip2-autoreload-in-minutes", \.geo.rereadMinutes)
        for (edition, database) in (geo.databases ?? [:]).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            settings.add("database of places \(edition.rawValue): \(database.type), read \(database.generation)")
        }
        settings.add("skip-access-log-urls", \.observation.unloggedTargets)
        return settings.lines + headerEdits.lines + tlsLines
    }
}
