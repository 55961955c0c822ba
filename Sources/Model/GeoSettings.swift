/// Whether and how places of addresses are looked up (`use-geoip2`).
public struct GeoSettings: Sendable, Hashable {
    /// A database that is open.
    public struct Database: Sendable, Hashable {
        /// What it says it is: `GeoLite2-City`.
        public var type: String
        /// When it was built, in seconds since 1970.
        public var buildSeconds: Int
        /// Counts how often it was read, so that another content is another model.
        public var generation: Int

        public init(type: String, buildSeconds: Int, generation: Int) {
            self.type = type
            self.buildSeconds = buildSeconds
            self.generation = generation
        }
    }

    public var isOn = false
    /// How often the files are looked at without anybody having said that they changed; zero is never
    /// (`geoip2-autoreload-in-minutes`).
    public var rereadMinutes = 0
    /// What is open; nil while nobody has looked, as in `check`.
    public var databases: [GeoEdition: Database]?
    /// Where it is written that places are looked up.
    public var origin = Origin.builtIn

    public init() {}

    /// What to do about variables that are always empty.
    public static let remedy =
        "set use-geoip2: \"true\" in the ConfigMap, and put the databases where --geoip-directory says (Docs/geoip.md)"

    /// Why a variable is empty, whatever the address; nil when something can be found.
    public func reason(forLackOf variable: GeoVariable) -> String? {
        guard isOn else { return "use-geoip2 is not on" }
        guard let databases, !variable.sources.contains(where: { databases[$0.edition] != nil }) else { return nil }
        let editions = variable.sources.map(\.edition.rawValue)
        return "there is no database \(editions.joined(separator: " or ")) to look in"
    }
}

extension RoutePolicy {
    /// A variable on which it depends who may come in, or how often, and that is empty whatever the address; nil when there is
    /// none. Rules that can't be kept must close their route: nobody is from the country that they keep out.
    public func decidingVariable(lackedBy settings: GeoSettings) -> GeoVariable? {
        for text in decidingTexts where text.contains(GeoVariable.prefix) {
            if let variable = TemplateText.places(in: text).first(where: { settings.reason(forLackOf: $0) != nil }) {
                return variable
            }
        }
        return nil
    }

    /// Templates that decide.
    private var decidingTexts: [String] {
        var texts = rules?.decidingTexts ?? []
        texts += zoneLimits?.rates.map(\.zone.key) ?? []
        texts += zoneLimits?.connections.map(\.zone.key) ?? []
        if let key = rateLimit?.key { texts.append(key) }
        if let externalAuth {
            texts += externalAuth.fields.map(\.value)
            texts.append("\(externalAuth.destination)")
            if let key = externalAuth.cache?.key { texts.append(key) }
        }
        return texts
    }
}

extension RequestRules {
    /// What conditions look at, and what variables are set to where there are conditions.
    fileprivate var decidingTexts: [String] {
        var conditions: [String] = []
        var values: [String] = []
        func walk(_ steps: [Step]) {
            for step in steps {
                switch step {
                case .when(let condition, _, let inner):
                    conditions.append(condition.subject)
                    if case .equals(let text) = condition.test { conditions.append(text) }
                    walk(inner)
                case .set(_, let text): values.append(text)
                case .answer, .rewrite, .stop: break
                }
            }
        }
        walk(ofHost)
        walk(ofPath)
        return conditions.isEmpty ? [] : conditions + values
    }
}

extension TemplateText {
    /// The variables of places that a text names, in its order.
    public static func places(in text: String) -> [GeoVariable] {
        guard text.contains(GeoVariable.prefix), let references = try? references(in: text) else { return [] }
        return references.compactMap { reference in
            guard case .variable(let name) = reference else { return nil }
            return GeoVariable.named(name)
        }
    }
}
