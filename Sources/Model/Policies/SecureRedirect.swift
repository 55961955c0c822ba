/// Redirects requests that came over plain HTTP to HTTPS (`ssl-redirect`, `force-ssl-redirect` in ingress-nginx).
///
/// Present only where it applies: whether the host has a certificate was asked when the model was made. A
/// believed `X-Forwarded-Proto` other than `http` counts as HTTPS.
public struct SecureRedirect: Sendable, Hashable {
    /// 301, 302, 307 or 308 (`http-redirect-code`).
    public var status: Int
    /// The port that the location names; nil names none (`use-port-in-redirects`).
    public var port: UInt16?
    /// Whether a slash at the very end of the request-target stays (`preserve-trailing-slash`).
    public var keepsTrailingSlash: Bool

    public init(status: Int = 308, port: UInt16? = nil, keepsTrailingSlash: Bool = false) {
        self.status = status
        self.port = port
        self.keepsTrailingSlash = keepsTrailingSlash
    }
}
