import Foundation
import Kubernetes
import Model

/// Keys of TLS, HTTP/2, the PROXY protocol, HSTS and the redirects to HTTPS.
let tlsKeys = [
    ConfigKey(
        "ssl-protocols", .versions, default: "TLSv1.2 TLSv1.3", \.settings.tls.versions,
        "Versions of TLS; older ones than 1.2 are not spoken."),
    ConfigKey(
        "ssl-ciphers", .ciphers, default: "ingress-nginx's list", \.settings.tls.ciphers,
        "Ciphers for TLS 1.2, as an OpenSSL list."),
    ConfigKey(
        "ssl-prefer-server-ciphers", .flag, default: "true", \.settings.tls.prefersServerCiphers,
        "Whether the server's order of ciphers counts."),
    ConfigKey(
        "ssl-ecdh-curve", .groups, default: "auto", \.settings.tls.groups,
        "Groups for key exchange, as OpenSSL names them, with `:` between."),
    ConfigKey(
        "ssl-dh-param", .reference, default: "", "A Secret whose `dhparam.pem` holds parameters for DHE."
    ) { reference, globals in globals.dhParameters = reference },
    ConfigKey(
        "ssl-session-cache", .flag, default: "true", \.settings.tls.keepsSessions,
        "Keeps sessions for resumption, for all workers."),
    ConfigKey(
        "ssl-session-cache-size", .size, default: "10m", "Memory for sessions."
    ) { bytes, globals throws(ValueFault) in
        guard let bytes, bytes <= 1 << 30 else { throw ValueFault("expected a size from 1 to 1g") }
        globals.settings.tls.sessionCacheBytes = bytes
    },
    ConfigKey(
        "ssl-session-timeout", .time, default: "10m", \.settings.tls.sessionTimeout,
        "How long a session may be resumed."),
    ConfigKey(
        "ssl-session-tickets", .flag, default: "false", \.settings.tls.issuesTickets,
        "Hands out tickets that hold the session."),
    ConfigKey(
        "ssl-session-ticket-key", .ticketKey, default: "made at random and rotated",
        "48 or 80 random bytes in base64 that tickets are encrypted with."
    ) { key, globals in globals.settings.tls.ticketKey = key },
    ConfigKey("ssl-buffer-size", .size, default: "4k", "Largest TLS record.") { bytes, globals throws(ValueFault) in
        guard let bytes, (512...16 << 10).contains(bytes) else { throw ValueFault("expected a size from 512 to 16k") }
        globals.settings.tls.recordBytes = bytes
    },
    ConfigKey(
        "ssl-early-data", .flag, default: "false", \.settings.tls.acceptsEarlyData, "Accepts TLS 1.3 early data."),
    ConfigKey(
        "ssl-reject-handshake", .flag, default: "false", \.settings.tls.rejectsUnknownNames,
        "Ends handshakes for names without a certificate of their own."),
    ConfigKey(
        "enable-ocsp", .flag, default: "false", \.settings.tls.fetchesOCSPResponses,
        "Fetches OCSP responses and staples them."),
    ConfigKey("use-http2", .flag, default: "true", \.settings.http2.isOn, "Offers HTTP/2."),
    ConfigKey(
        "http2-max-concurrent-streams", .integer(in: 1...65_535), default: "128", \.settings.http2.concurrentStreams,
        "Streams of an HTTP/2 connection."),
    ConfigKey(
        "use-proxy-protocol", .flag, default: "false", \.settings.proxyProtocol.isRequired,
        "Each client connection must begin with a PROXY header."),
    ConfigKey(
        "proxy-protocol-header-timeout", .time, default: "5s", \.settings.proxyProtocol.headerTimeout,
        "Until the PROXY header has arrived."),
    ConfigKey("hsts", .flag, default: "true", "`Strict-Transport-Security` on responses over TLS.") { isOn, globals in
        globals.sendsStrictTransport = isOn
    },
    ConfigKey(
        "hsts-max-age", .integer(in: 0...Int(Int32.max)), default: "31536000", \.strictTransport.maximumAge,
        "Its `max-age`, in seconds."),
    ConfigKey(
        "hsts-include-subdomains", .flag, default: "true", \.strictTransport.includesSubdomains,
        "Whether it holds for subdomains too."),
    ConfigKey(
        "hsts-preload", .flag, default: "false", \.strictTransport.allowsPreloading,
        "Whether it may be built into browsers."),
    ConfigKey(
        "http-redirect-code", .redirectStatus, default: "308", \.redirectStatus,
        "The status of redirects to HTTPS and to `www.`: 301, 302, 307 or 308."),
    ConfigKey(
        "no-tls-redirect-locations", .list, default: "/.well-known/acme-challenge", \.exemptFromSecureRedirect,
        "Beginnings of Ingress paths that are never redirected to HTTPS."),
    ConfigKey(
        "proxy-ssl-location-only", .flag, default: "false", \.keepsUpstreamTLSToItsIngress,
        "`proxy-ssl-…` annotations hold for the paths of their own Ingress alone."),
]

extension Syntax<Int> {
    static let redirectStatus = Syntax("301, 302, 307 or 308") { text in
        Int(text).flatMap { [301, 302, 307, 308].contains($0) ? $0 : nil }
    }
}

extension Syntax<[String]> {
    /// OpenSSL's names of groups with `:` between; `auto` leaves the choice to it.
    static let groups = Syntax("auto, or names such as X25519:P-256") { text in
        if text == "auto" { return [] }
        let names = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let areNames = names.allSatisfy { name in
            !name.isEmpty && name.utf8.count <= 40 && CharacterClass.fileName.admits(name)
        }
        return areNames && names.count <= 20 ? names : nil
    }
}

extension Syntax<SealedBytes?> {
    /// A fault says nothing of the value.
    static let ticketKey = Syntax("48 or 80 bytes in base64") { text throws(ValueFault) in
        guard let data = Data(base64Encoded: text), data.count == 48 || data.count == 80 else {
            throw ValueFault("expected 48 or 80 bytes in base64", remedy: "use openssl rand -base64 80")
        }
        return SealedBytes(Array(data))
    }
}
