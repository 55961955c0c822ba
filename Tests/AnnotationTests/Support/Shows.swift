import Kubernetes
import Model
import Synchronization
import Testing
import Translation

@testable import IngressDialect

/// What a test shows of the rows of the tables, said where it is shown: `@Test(.shows(effectOf: "app-root"))`.
///
/// `CoverageTests` reads these words in the sources and fails while a row lacks one of its tests. They are more than
/// labels: a test fails that never asked a `Gate` whose manifests have the row so. What it then expects of the answer
/// is the test's own affair. A key of the ConfigMap is written `ConfigMap/hsts`.
struct Shows: TestTrait, TestScoping {
    /// The three things that are shown of each row.
    enum Side: String, CaseIterable {
        case effect = "effectOf"
        case standard = "defaultOf"
        case badValue = "badValueOf"
    }

    let side: Side
    let names: [String]

    /// All cases of a test together show what it says.
    func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { testCase == nil ? self : nil }

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void)
        async throws
    {
        let witness = Witness.current ?? Witness()
        try await Witness.$current.withValue(witness, operation: body)
        let missing = names.filter { name in !witness.served.contains { $0.shows(side, of: name) } }
        #expect(missing == [], "no manifest that was served shows the \(side) of these")
    }
}

extension Trait where Self == Shows {
    /// Some manifest has a value that the row can use.
    static func shows(effectOf names: String...) -> Self { Shows(side: .effect, names: names) }

    /// Some manifest lacks it, or has the default written out.
    static func shows(defaultOf names: String...) -> Self { Shows(side: .standard, names: names) }

    /// Some manifest has a value of which there is a diagnostic.
    static func shows(badValueOf names: String...) -> Self { Shows(side: .badValue, names: names) }
}

/// The manifests that a test has asked for something.
final class Witness: Sendable {
    @TaskLocal static var current: Witness?

    private let all = Mutex<[Served]>([])

    var served: [Served] { all.withLock { $0 } }

    func saw(_ manifests: Served) {
        all.withLock { if $0.last !== manifests { $0.append(manifests) } }
    }
}

/// What is written in manifests that a `Gate` serves, and of which rows there was something to say.
final class Served: Sendable {
    static let keyPrefix = "ConfigMap/"

    /// The values of annotations, by name without prefix, and of the ConfigMap's keys.
    private let values: [String: Set<String>]
    private let fields: Set<String>

    init(_ objects: ObjectStore, diagnostics: [Diagnostic], options: TranslationOptions) {
        var values: [String: Set<String>] = [:]
        let prefix = options.annotationPrefix + "/"
        for annotation in objects.ingresses.all.flatMap(\.metadata.annotations) where annotation.name.hasPrefix(prefix)
        {
            values[String(annotation.name.dropFirst(prefix.count)), default: []].insert(annotation.value)
        }
        for entry in objects.configMaps.all.filter({ $0.metadata.namespace == "ingress-nginx" }).flatMap(\.data) {
            values[Self.keyPrefix + entry.key, default: []].insert(entry.value)
        }
        self.values = values
        fields = Set(diagnostics.map(\.field))
    }

    func shows(_ side: Shows.Side, of name: String) -> Bool {
        guard let row = Row(name) else { return false }
        let written = values[name] ?? []
        return switch side {
        case .effect: written.contains(where: row.canUse)
        case .standard: written.isEmpty || written.contains(row.standard)
        case .badValue: !written.isEmpty && fields.contains(where: row.isAbout)
        }
    }
}

/// A row of either table, as far as tests need it.
private struct Row {
    let standard: String
    /// Whether this field of a diagnostic is the row's.
    let isAbout: (String) -> Bool
    let canUse: (String) -> Bool

    init?(_ name: String) {
        if name.hasPrefix(Served.keyPrefix) {
            let key = String(name.dropFirst(Served.keyPrefix.count))
            guard let row = ConfigKeyTable.ingressNginx[key] else { return nil }
            standard = row.standard
            isAbout = { $0 == "data.\(key)" }
            canUse = { value in
                var globals = GlobalSettings()
                return (try? row.write(value, &globals)) != nil
            }
        } else {
            guard let row = AnnotationTable.ingressNginx[name] else { return nil }
            standard = row.standard
            isAbout = { $0.contains("/\(name)]") }
            canUse = { value in
                var draft = IngressDraft()
                return (try? row.write(value, &draft)) != nil
            }
        }
    }
}
