extension VirtualHost {
    /// One line for each policy of the host itself, in the order in which they act.
    public var lines: [String] {
        var lines: [String] = []
        if let canonicalHost {
            lines.append("everything redirects with \(canonicalHost.status) to \(canonicalHost.name)")
        }
        if let passthrough { lines.append("TLS passes unopened to \(passthrough.upstream)") }
        if let tls { lines += tls.lines }
        if let appRoot { lines.append("/ redirects to \(appRoot.path)") }
        return lines
    }
}

extension HostTLS {
    /// One line for each part that is there. Never a secret.
    public var lines: [String] {
        var lines = [certificate.map { "certificate \($0)" } ?? "default certificate"]
        if let ciphers { lines.append("ciphers \(ciphers)") }
        if let prefersServerCiphers {
            lines.append("the \(prefersServerCiphers ? "server" : "client")'s order of ciphers")
        }
        if let clientCertificate { lines.append("client certificate \(clientCertificate)") }
        return lines
    }
}

extension ClientCertificate: CustomStringConvertible {
    /// `on from shop/clients-ca, depth 2, subject CN=web`
    public var description: String {
        var text = demand.rawValue
        if let trust { text += " from \(trust)" } else { text += ", refused with 403 for want of authorities" }
        if depth != 1 { text += ", depth \(depth)" }
        if let subjectPattern { text += ", subject \(subjectPattern)" }
        if let errorPage { text += ", else \(errorPage)" }
        if passesCertificate { text += ", passed to the upstream" }
        return text
    }
}

extension TrustBundle: CustomStringConvertible {
    /// `shop/clients-ca`, `shop/clients-ca with revocations`
    public var description: String {
        let name = origin.namespace.isEmpty ? origin.name : "\(origin.namespace)/\(origin.name)"
        return revocations == nil ? name : "\(name) with revocations"
    }
}

extension CertificateBundle: CustomStringConvertible {
    /// `shop/web-tls for shop.example, www.shop.example`
    public var description: String {
        "\(id) for \(names.joined(separator: ", "))" + (ocspResponse == nil ? "" : " with an OCSP response")
    }
}

extension SecureRedirect: CustomStringConvertible {
    public var description: String {
        "with \(status)" + (port.map { " to port \($0)" } ?? "") + (keepsTrailingSlash ? " keeping a final slash" : "")
    }
}

extension OwnRedirects: CustomStringConvertible {
    public var description: String {
        [areRelative ? "are relative" : nil, namePort ? "name the port" : nil].compactMap { $0 }
            .joined(separator: ", ")
    }
}

extension UpstreamTLS: CustomStringConvertible {
    public var description: String {
        var parts = [verifies ? "verified" + (trust.map { " by \($0)" } ?? "") : "not verified"]
        if verifies, depth != 1 { parts.append("depth \(depth)") }
        if let name { parts.append("name \(name)") }
        if indicatesName { parts.append("SNI") }
        if identity != nil { parts.append("with a client certificate") }
        if ciphers != "DEFAULT" { parts.append("ciphers \(ciphers)") }
        if versions != [.v1_2] { parts.append(versions.map(\.rawValue).joined(separator: " ")) }
        return parts.joined(separator: ", ")
    }
}

extension StrictTransport: CustomStringConvertible {
    public var description: String { value }
}

extension TLSVersion: CustomStringConvertible {
    public var description: String { rawValue }
}

extension Settings {
    /// What differs from the defaults in TLS, HTTP/2 and the PROXY protocol.
    var tlsLines: [String] {
        var settings = SettingLines(self)
        if response.strictTransport != Settings().response.strictTransport {
            settings.add("hsts \(response.strictTransport.map(\.value) ?? "off")")
        }
        settings.add("ssl-protocols", \.tls.versions)
        settings.add("ssl-ciphers", \.tls.ciphers)
        settings.add("ssl-prefer-server-ciphers", \.tls.prefersServerCiphers)
        settings.add("ssl-ecdh-curve", \.tls.groups)
        settings.add("ssl-dh-param", \.tls.dhParameters)
        settings.add("ssl-session-cache", \.tls.keepsSessions)
        settings.add("ssl-session-cache-size", \.tls.sessionCacheBytes)
        settings.add("ssl-session-timeout", \.tls.sessionTimeout)
        settings.add("ssl-session-tickets", \.tls.issuesTickets)
        settings.add("ssl-session-ticket-key", \.tls.ticketKey)
        settings.add("ssl-buffer-size", \.tls.recordBytes)
        settings.add("ssl-early-data", \.tls.acceptsEarlyData)
        settings.add("ssl-reject-handshake", \.tls.rejectsUnknownNames)
        settings.add("enable-ocsp", \.tls.fetchesOCSPResponses)
        settings.add("use-http2", \.http2.isOn)
        settings.add("http2-max-concurrent-streams", \.http2.concurrentStreams)
        settings.add("use-proxy-protocol", \.proxyProtocol.isRequired)
        settings.add("proxy-protocol-header-timeout", \.proxyProtocol.headerTimeout)
        return settings.lines
    }
}
