import Model
import TestSupport

/// In what an endpoint speaks HTTP/2: in the clear with prior knowledge, or over TLS, where ALPN settles it.
enum HTTP2Carrier: CaseIterable {
    case cleartext
    case tls

    func origin(_ script: @escaping ScriptedOrigin.Script) throws -> ScriptedOrigin {
        switch self {
        case .cleartext: try ScriptedOrigin(script)
        case .tls: try SecureOrigin(Given.secureOrigin, script).origin
        }
    }

    /// A model in which every request goes to `origins`.
    func model(
        _ origins: ScriptedOrigin..., settings: Settings = Settings(),
        policy change: (inout RoutePolicy) -> Void = { _ in }
    ) -> ProxyModel {
        Given.model(origins.map { Given.endpoint($0) }, settings: settings) { policy in
            policy.transport.speaks = self == .tls ? .http2OverTLS : .http2
            change(&policy)
        }
    }
}
