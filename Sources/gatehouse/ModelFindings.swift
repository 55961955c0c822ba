import Filters
import Model
import Proxy

/// What the data plane finds in a model that the model itself can't know: whether everything in it can be compiled.
/// `check` prints it and `serve` asks it before a model goes live, so that both say the same.
struct ModelFindings {
    let diagnostics: [Diagnostic]

    /// - Parameter filters: what has looked at the model before, if any; it looks at what has changed alone.
    init(_ model: ProxyModel, _ filters: inout FilterCheck) {
        diagnostics =
            filters.diagnostics(model) + TLSCheck.diagnostics(model) + LogFormatCheck.diagnostics(model)
    }

    /// What there is to say of a model that nobody has looked at.
    init(_ model: ProxyModel) {
        var filters = FilterCheck()
        self.init(model, &filters)
    }

    /// Why the whole model can't go live: a fault of what no object says by itself. Nil when it can.
    var refusal: String? { diagnostics.first { $0.severity == .rejected && $0.origin == .builtIn }?.fault }
}
