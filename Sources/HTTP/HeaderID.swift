import Bytes

/// A field name that the proxy knows. Comparing and finding known names costs one byte compare;
/// all others are `other` and are compared by their bytes.
///
/// `canonical` spells each the way it is written; on the wire case has no meaning (RFC 9110 §5.1).
public enum HeaderID: UInt8, BitwiseCopyable, CaseIterable, Sendable {
    /// A name that isn't known here.
    case other = 0
    // Connection-specific (RFC 9110 §7.6.1) and framing
    case host, connection, contentLength, transferEncoding, upgrade, expect, te, trailer, keepAlive
    case proxyConnection, proxyAuthenticate, proxyAuthorization, proxy, http2Settings

    // Forwarding
    case xForwardedFor, xForwardedHost, xForwardedPort, xForwardedProto, xForwardedScheme, xForwardedPrefix
    case xForwardedServer, xScheme, xRealIP, xRequestID, xOriginalForwardedFor, xOriginalForwardedHost
    case xOriginalURI, xOriginalURL, xOriginalMethod, xAuthRequestRedirect, sslClientVerify, sslClientSubjectDN
    case sslClientIssuerDN, sslClientCert, forwarded, via, maxForwards

    // Requests
    case userAgent, referer, accept, acceptEncoding, acceptLanguage, authorization, cookie, origin, range
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange, upgradeInsecureRequests, dnt
    case priority, secFetchDest, secFetchMode, secFetchSite, secFetchUser, secCHUA, secCHUAMobile
    case secCHUAPlatform, secWebSocketKey, secWebSocketVersion, secWebSocketExtensions, secWebSocketProtocol
    case accessControlRequestMethod, accessControlRequestHeaders, traceparent, tracestate, xRequestedWith

    // Representations
    case contentType, contentEncoding, contentLanguage, contentLocation, contentRange, contentDisposition
    case cacheControl, pragma

    // Responses
    case date, server, location, refresh, setCookie, wwwAuthenticate, authenticationInfo, retryAfter
    case acceptRanges, age, allow, altSvc, etag, expires, lastModified, link, vary, strictTransportSecurity
    case contentSecurityPolicy, xContentTypeOptions, xFrameOptions, xPoweredBy, secWebSocketAccept
    case accessControlAllowOrigin, accessControlAllowCredentials, accessControlAllowMethods
    case accessControlAllowHeaders, accessControlExposeHeaders, accessControlMaxAge, xAccelBuffering
    case xAccelRedirect, xAccelExpires, xAccelCharset, xAccelLimitRate, xPad

    /// The known name with these bytes in any case, or `other`.
    public init(name: Span<UInt8>) {
        let candidate = Self.candidate(for: name)
        self = candidate != .other && name.equalsFoldingCase(candidate.canonical) ? candidate : .other
    }

    /// The name as it is written when the proxy adds it; empty for `other`.
    public var canonical: StaticString {
        switch self {
        case .other: ""
        case .host: "Host"
        case .connection: "Connection"
        case .contentLength: "Content-Length"
        case .transferEncoding: "Transfer-Encoding"
        case .upgrade: "Upgrade"
        case .expect: "Expect"
        case .te: "TE"
        case .trailer: "Trailer"
        case .keepAlive: "Keep-Alive"
        case .proxyConnection: "Proxy-Connection"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxy: "Proxy"
        case .http2Settings: "HTTP2-Settings"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedHost: "X-Forwarded-Host"
        case .xForwardedPort: "X-Forwarded-Port"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xForwardedScheme: "X-Forwarded-Scheme"
        case .xForwardedPrefix: "X-Forwarded-Prefix"
        case .xForwardedServer: "X-Forwarded-Server"
        case .xScheme: "X-Scheme"
        case .xRealIP: "X-Real-IP"
        case .xRequestID: "X-Request-ID"
        case .xOriginalForwardedFor: "X-Original-Forwarded-For"
        case .xOriginalForwardedHost: "X-Original-Forwarded-Host"
        case .xOriginalURI: "X-Original-URI"
        case .xOriginalURL: "X-Original-URL"
        case .xOriginalMethod: "X-Original-Method"
        case .xAuthRequestRedirect: "X-Auth-Request-Redirect"
        case .sslClientVerify: "ssl-client-verify"
        case .sslClientSubjectDN: "ssl-client-subject-dn"
        case .sslClientIssuerDN: "ssl-client-issuer-dn"
        case .sslClientCert: "ssl-client-cert"
        case .forwarded: "Forwarded"
        case .via: "Via"
        case .maxForwards: "Max-Forwards"
        case .userAgent: "User-Agent"
        case .referer: "Referer"
        case .accept: "Accept"
        case .acceptEncoding: "Accept-Encoding"
        case .acceptLanguage: "Accept-Language"
        case .authorization: "Authorization"
        case .cookie: "Cookie"
        case .origin: "Origin"
        case .range: "Range"
        case .ifMatch: "If-Match"
        case .ifNoneMatch: "If-None-Match"
        case .ifModifiedSince: "If-Modified-Since"
        case .ifUnmodifiedSince: "If-Unmodified-Since"
        case .ifRange: "If-Range"
        case .upgradeInsecureRequests: "Upgrade-Insecure-Requests"
        case .dnt: "DNT"
        case .priority: "Priority"
        case .secFetchDest: "Sec-Fetch-Dest"
        case .secFetchMode: "Sec-Fetch-Mode"
        case .secFetchSite: "Sec-Fetch-Site"
        case .secFetchUser: "Sec-Fetch-User"
        case .secCHUA: "Sec-CH-UA"
        case .secCHUAMobile: "Sec-CH-UA-Mobile"
        case .secCHUAPlatform: "Sec-CH-UA-Platform"
        case .secWebSocketKey: "Sec-WebSocket-Key"
        case .secWebSocketVersion: "Sec-WebSocket-Version"
        case .secWebSocketExtensions: "Sec-WebSocket-Extensions"
        case .secWebSocketProtocol: "Sec-WebSocket-Protocol"
        case .accessControlRequestMethod: "Access-Control-Request-Method"
        case .accessControlRequestHeaders: "Access-Control-Request-Headers"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .xRequestedWith: "X-Requested-With"
        case .contentType: "Content-Type"
        case .contentEncoding: "Content-Encoding"
        case .contentLanguage: "Content-Language"
        case .contentLocation: "Content-Location"
        case .contentRange: "Content-Range"
        case .contentDisposition: "Content-Disposition"
        case .cacheControl: "Cache-Control"
        case .pragma: "Pragma"
        case .date: "Date"
        case .server: "Server"
        case .location: "Location"
        case .refresh: "Refresh"
        case .setCookie: "Set-Cookie"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .authenticationInfo: "Authentication-Info"
        case .retryAfter: "Retry-After"
        case .acceptRanges: "Accept-Ranges"
        case .age: "Age"
        case .allow: "Allow"
        case .altSvc: "Alt-Svc"
        case .etag: "ETag"
        case .expires: "Expires"
        case .lastModified: "Last-Modified"
        case .link: "Link"
        case .vary: "Vary"
        case .strictTransportSecurity: "Strict-Transport-Security"
        case .contentSecurityPolicy: "Content-Security-Policy"
        case .xContentTypeOptions: "X-Content-Type-Options"
        case .xFrameOptions: "X-Frame-Options"
        case .xPoweredBy: "X-Powered-By"
        case .secWebSocketAccept: "Sec-WebSocket-Accept"
        case .accessControlAllowOrigin: "Access-Control-Allow-Origin"
        case .accessControlAllowCredentials: "Access-Control-Allow-Credentials"
        case .accessControlAllowMethods: "Access-Control-Allow-Methods"
        case .accessControlAllowHeaders: "Access-Control-Allow-Headers"
        case .accessControlExposeHeaders: "Access-Control-Expose-Headers"
        case .accessControlMaxAge: "Access-Control-Max-Age"
        case .xAccelBuffering: "X-Accel-Buffering"
        case .xAccelRedirect: "X-Accel-Redirect"
        case .xAccelExpires: "X-Accel-Expires"
        case .xAccelCharset: "X-Accel-Charset"
        case .xAccelLimitRate: "X-Accel-Limit-Rate"
        case .xPad: "X-Pad"
        }
    }
}
