/// Lines for people: one for each setting that differs from its default, by the name of its ConfigMap key where it has one.
struct SettingLines {
    private let settings: Settings
    private let standard = Settings()
    private(set) var lines: [String] = []

    init(_ settings: Settings) { self.settings = settings }

    mutating func add<Value: Equatable>(_ name: String, _ field: KeyPath<Settings, Value>) {
        let value = settings[keyPath: field]
        guard value != standard[keyPath: field] else { return }
        lines.append("\(name) \(Self.text(of: value))")
    }

    /// A setting whose text is none of its own.
    mutating func add(_ line: String) { lines.append(line) }

    private static func text(of value: Any) -> String {
        switch value {
        case let duration as Duration: duration.secondsText
        case let list as [String]: list.joined(separator: ", ")
        case let rules as [TextRule]: rules.map(\.description).joined(separator: ", ")
        case let versions as [TLSVersion]: versions.map(\.rawValue).joined(separator: " ")
        case let secret as SealedBytes?: secret.map(\.description) ?? "none"
        default: "\(value)"
        }
    }
}
