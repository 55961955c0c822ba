import Kubernetes
import Model
import Translation

/// One Ingress, translated as far as it goes without knowing the others. Kept from one translation to the
/// next for as long as the object and what it refers to stay the same.
final class TranslatedIngress: Sendable {
    /// Where a path stands in the rules.
    struct Place: Sendable, CustomStringConvertible {
        private let rule: Int32
        private let path: Int32

        init(rule: Int, path: Int) {
            self.rule = Int32(clamping: rule)
            self.path = Int32(clamping: path)
        }

        /// `spec.rules[0].http.paths[1]`
        var description: String { "spec.rules[\(rule)].http.paths[\(path)]" }
    }

    /// One path that the Ingress gives to a host.
    struct Path: Sendable {
        /// As it is on a host without regular expressions.
        var route: Route
        /// Nil for a path that leads to no Service.
        var upstream: UpstreamRequest?
        var type: Ingress.PathType
        /// Nil for a default backend.
        var place: Place?

        /// The path's field, as diagnostics name it.
        var field: String { place.map { "\($0).path" } ?? "spec.defaultBackend" }
    }

    /// What the Ingress says about one host.
    struct Host: Sendable {
        var name: HostName
        /// The rule's field.
        var field: String
        /// Where the rule stands.
        var origin: Origin
        var paths: [Path]
        /// Whether it is enough to put the host into regex mode.
        var usesRegex: Bool
    }

    /// What an Ingress serves that is neither foreign nor rejected.
    struct Served: Sendable {
        var hosts: [Host] = []
        var draft: IngressDraft
        /// The policy of every path, but for what depends on the path: rewriting and `Host`.
        var policy: RoutePolicy
        /// Where every path redirects to, when it does.
        var redirect: Redirect?
        /// Why every path answers 503, when it does.
        var refusal: String?
        /// Why every path of its hosts answers 503, when they do.
        var hostRefusal: String?
        /// `spec.defaultBackend`.
        var defaultBackend: Path?
        var appRoot: AppRoot?
        var fallback: UpstreamRequest?

        /// The policy of a path, before rewriting.
        func policy(for labels: RouteLabels) -> RoutePolicy {
            guard let template = draft.routing.upstreamHost else { return policy }
            let expanded = StaticVariables.expand(template, labels)
            guard !expanded.isEmpty else { return policy }
            var policy = policy
            policy.hostOverride = HostOverride(template: expanded)
            return policy
        }
    }

    /// Another object that the translation looked at: while its reference stays the same, so does the result.
    struct Dependency: Sendable {
        enum Found: Sendable {
            case service(ObjectTable<Service>.Shared?)
            case configMap(ObjectTable<ConfigMap>.Shared?)
        }

        var key: NamespacedName
        var found: Found

        func holds(in store: ObjectStore) -> Bool {
            switch found {
            case .service(let service): store.services.shared(key) === service
            case .configMap(let configMap): store.configMaps.shared(key) === configMap
            }
        }
    }

    let source: ObjectTable<Ingress>.Shared
    let origin: Origin
    /// Nil when the Ingress is rejected, of another class, or withheld.
    let served: Served?
    let isRejected: Bool
    let diagnostics: [Diagnostic]
    let dependencies: [Dependency]
    /// `namespace/name`, by which Ingresses of the same age are ordered.
    let fullName: String

    init(
        _ source: ObjectTable<Ingress>.Shared, served: Served?, isRejected: Bool, diagnostics: [Diagnostic],
        dependencies: [Dependency]
    ) {
        self.source = source
        self.served = served
        self.isRejected = isRejected
        self.diagnostics = diagnostics
        self.dependencies = dependencies
        origin = Origin(source.object)
        fullName = "\(source.object.metadata.namespace)/\(source.object.metadata.name)"
    }

    /// The order in which Ingresses claim hosts and paths: the oldest first, of the same age the greater
    /// name first. Objects without a timestamp, which no cluster has seen, are the oldest.
    func precedes(_ other: TranslatedIngress) -> Bool {
        let age = source.object.metadata.creationTimestamp?.seconds ?? .min
        let otherAge = other.source.object.metadata.creationTimestamp?.seconds ?? .min
        return age == otherAge ? fullName > other.fullName : age < otherAge
    }
}
