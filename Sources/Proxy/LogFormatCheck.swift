public import Model
import Telemetry

extension AccessLogFormat {
    /// The format that a configuration asks for.
    init(_ settings: ObservationSettings, hostName: String) throws(Fault) {
        let escaping: LogEscaping =
            switch settings.escaping {
            case .standard: .standard
            case .json: .json
            case .none: .none
            }
        try self.init(
            settings.logFormat ?? Self.defaultText, escaping: escaping, hostName: hostName,
            places: GeoVariable.all.map(\.name))
    }
}

/// Finds log formats that can't be compiled, and variables in them that are empty whatever the request.
public enum LogFormatCheck {
    /// What is wrong with the model's format.
    public static func diagnostics(_ model: ProxyModel) -> [Diagnostic] {
        do throws(AccessLogFormat.Fault) {
            _ = try AccessLogFormat(model.settings.observation, hostName: "")
            return emptyPlaces(of: model.settings)
        } catch {
            return [
                Diagnostic(
                    .warning, model.settings.observation.formatOrigin, field: "data.log-format-upstream",
                    "\(error), so lines stay as they were", remedy: "take it out, or write another")
            ]
        }
    }

    private static func emptyPlaces(of settings: Settings) -> [Diagnostic] {
        for variable in TemplateText.places(in: settings.observation.logFormat ?? "") {
            guard let reason = settings.geo.reason(forLackOf: variable) else { continue }
            return [
                Diagnostic(
                    .warning, settings.observation.formatOrigin, field: "data.log-format-upstream",
                    "$\(variable.name) is always empty: \(reason)", remedy: GeoSettings.remedy)
            ]
        }
        return []
    }
}
