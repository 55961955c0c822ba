import Model

/// What the backend speaks.
struct ProtocolDraft: Sendable, Equatable {
    /// Nil: whatever the Service's port says, else HTTP/1.1.
    var spoken: BackendProtocol?
    var version = UpstreamHTTPVersion.http11
    var connection: UpstreamConnectionField?
}

extension AnnotationGroup {
    static let backendProtocol = AnnotationGroup(
        "Backend protocol", \.backendProtocol,
        note: """
            Without `backend-protocol` a Service's `appProtocol` counts: `kubernetes.io/h2c`, `kubernetes.io/ws`, \
            `kubernetes.io/wss`, `http`, `https`, and the customary `h2c`, `http2`, `grpc` and `grpcs`.
            """,
        [
            Annotation(
                "backend-protocol", optional: .backendProtocol, default: "HTTP", .route, \.backendProtocol.spoken,
                example: "HTTPS", "The protocol that the backend speaks. `FCGI` is not spoken: paths answer 503."),
            Annotation(
                "fastcgi-index", meaningless: "FastCGI is not spoken", .text(.fileName), .route, bad: .rejectObject,
                risk: .medium, example: "index.php", "The file of a FastCGI directory."),
            Annotation(
                "fastcgi-params-configmap", meaningless: "FastCGI is not spoken", .reference, .route,
                bad: .rejectObject, risk: .medium, example: "shop/fastcgi", "A ConfigMap of FastCGI parameters."),
            Annotation(
                "proxy-http-version", .httpVersion, default: "1.1", .route, \.backendProtocol.version, global: true,
                example: "1.0",
                "The HTTP version towards backends of `HTTP` and `HTTPS`; 1.0 knows no chunks and no upgrades."),
            Annotation(
                "connection-proxy-header", optional: .connectionField, .route, \.backendProtocol.connection,
                bad: .rejectObject, example: "close",
                "`Connection` towards such backends, in place of the one that asks for an upgrade."),
            Annotation(
                "http2-push-preload", meaningless: "no browser takes pushed responses any more", .flag, .route,
                bad: .rejectObject, example: "true", "Pushed resources that `Link` names."),
        ])
}

extension Syntax<BackendProtocol> {
    /// ingress-nginx's words, in any case.
    static let backendProtocol: Syntax = {
        let form = "HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS or FCGI"
        return Syntax(form) { text throws(ValueFault) in
            switch text.uppercased() {
            case "HTTP": return .http
            case "HTTPS": return .https
            case "GRPC": return .http2
            case "GRPCS": return .http2OverTLS
            case "AUTO_HTTP": return .asClient
            case "FCGI":
                throw ValueFault(
                    "FastCGI is not spoken", remedy: "let the backend speak HTTP, or put an HTTP server in front of it",
                    consequence: .refuseRoutes)
            default: throw .expected(form, text)
            }
        }
    }()
}

extension Syntax<UpstreamHTTPVersion> {
    static let httpVersion = Syntax("1.0 or 1.1") { UpstreamHTTPVersion(rawValue: $0) }
}

extension Syntax<UpstreamConnectionField> {
    static let connectionField = Syntax("close or keep-alive") { UpstreamConnectionField(rawValue: $0) }
}
