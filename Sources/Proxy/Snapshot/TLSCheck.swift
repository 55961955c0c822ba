public import Model
import TLS

/// Whether OpenSSL can do what a model asks of it: the last gate before a model with TLS goes live.
public enum TLSCheck {
    /// Faults of settings that hold for all clients; a model with any must not be published. What concerns one host is
    /// checked where its objects are read.
    public static func diagnostics(_ model: ProxyModel) -> [Diagnostic] {
        do {
            _ = try TLSContext(
                server: TLSServerSettings(model.settings.tls, offersHTTP2: false), resumption: Resumption(cacheBytes: 0)
            )
            return []
        } catch {
            return [
                Diagnostic(.rejected, .builtIn, field: "", "the settings of TLS cannot be used: \(error.fault)")
            ]
        }
    }
}
