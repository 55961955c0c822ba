/// The kinds of Kubernetes object that Gatehouse reads.
public enum ObjectKind: String, Sendable, Hashable, CaseIterable, Comparable {
    case ingress = "Ingress"
    case ingressClass = "IngressClass"
    case service = "Service"
    case endpointSlice = "EndpointSlice"
    case endpoints = "Endpoints"
    case secret = "Secret"
    case configMap = "ConfigMap"
    case namespace = "Namespace"

    /// The API group and version under which the kind is read, as `apiVersion` spells it.
    public var apiVersion: String {
        switch self {
        case .ingress, .ingressClass: "networking.k8s.io/v1"
        case .endpointSlice: "discovery.k8s.io/v1"
        case .service, .endpoints, .secret, .configMap, .namespace: "v1"
        }
    }

    /// Whether objects of this kind live in a namespace.
    public var isNamespaced: Bool {
        switch self {
        case .ingressClass, .namespace: false
        case .ingress, .service, .endpointSlice, .endpoints, .secret, .configMap: true
        }
    }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A name within a namespace; the namespace is empty for cluster-scoped kinds.
public struct NamespacedName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var namespace: String
    public var name: String

    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    public static func < (a: Self, b: Self) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
}

/// The identity of one object: what a diagnostic is about and what the store is keyed by.
public struct ObjectReference: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var kind: ObjectKind
    public var key: NamespacedName

    public init(kind: ObjectKind, namespace: String, name: String) {
        self.kind = kind
        self.key = NamespacedName(namespace: namespace, name: name)
    }

    public var namespace: String { key.namespace }
    public var name: String { key.name }

    /// `Ingress shop/web`, as diagnostics print it.
    public var description: String { "\(kind.rawValue) \(key)" }

    public static func < (a: Self, b: Self) -> Bool { (a.kind, a.key) < (b.kind, b.key) }
}
