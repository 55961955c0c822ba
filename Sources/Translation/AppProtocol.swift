import Kubernetes
import Model

/// What a Service's port says that its endpoints speak (`spec.ports[].appProtocol`).
///
/// The names are Kubernetes's own (KEP-3726), those of IANA's service registry, and for HTTP/2 and gRPC the
/// ones that are customary. Case counts for none of them.
enum AppProtocol {
    static func spoken(
        by port: Service.Port, of service: Service, _ diagnostics: inout [Diagnostic]
    ) -> BackendProtocol? {
        guard let name = port.appProtocol, !name.isEmpty else { return nil }
        switch name.lowercased() {
        case "http", "kubernetes.io/ws", "ws": return .http
        case "https", "kubernetes.io/wss", "wss": return .https
        case "kubernetes.io/h2c", "h2c", "http2", "grpc": return .http2
        case "grpcs": return .http2OverTLS
        default:
            diagnostics.append(
                Diagnostic(
                    .note, Origin(service, line: port.line), field: "spec.ports",
                    "appProtocol says no protocol that Gatehouse knows: unless an annotation says otherwise, HTTP is spoken"
                ))
            return nil
        }
    }
}
