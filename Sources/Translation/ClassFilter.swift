public import Kubernetes

/// Decides which Ingresses are ours, as ingress-nginx does: the class field names an IngressClass of our
/// controller; without the field the older annotation names our class; without both, the command line says.
///
/// Manifests without any IngressClass are taken as they are: there the class field is compared with our
/// class by name, and an Ingress without a class is served.
public struct ClassFilter: Sendable {
    /// The annotation that named a class before Ingresses had a field for it.
    public static let annotation = "kubernetes.io/ingress.class"

    /// Whose an Ingress is.
    public enum Verdict: Sendable, Equatable {
        case served
        /// Served, because nothing says whose it is and there is nobody else.
        case servedWithoutClass
        /// Of another class; empty for an Ingress without a class.
        case foreign(String)
        /// Names an IngressClass that doesn't exist.
        case unknownClass(String)
    }

    private let options: TranslationOptions
    private let classes: ObjectTable<IngressClass>

    public init(_ store: ObjectStore, _ options: TranslationOptions) {
        self.options = options
        classes = store.ingressClasses
    }

    /// Whether an Ingress is ours, and why not.
    public func verdict(on ingress: Ingress) -> Verdict {
        if let name = ingress.className, !name.isEmpty {
            if classes.isEmpty { return name == options.ingressClass ? .served : .foreign(name) }
            guard let ingressClass = classes["", name] else { return .unknownClass(name) }
            return ingressClass.controller == options.controllerClass ? .served : .foreign(name)
        }
        if let name = ingress.metadata.annotation(Self.annotation), !name.isEmpty {
            return name == options.ingressClass ? .served : .foreign(name)
        }
        if options.servesIngressesWithoutClass { return .served }
        if classes.isEmpty { return .servedWithoutClass }
        // A cluster writes the default class into an Ingress that is created; a file may not have been through one.
        return classes.all.contains { $0.isDefault && $0.controller == options.controllerClass }
            ? .served : .foreign("")
    }
}
