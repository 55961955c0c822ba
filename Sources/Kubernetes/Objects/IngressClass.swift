/// `networking.k8s.io/v1` IngressClass: names the controller that serves a class of Ingresses.
/// Its `parameters` mean nothing here.
public struct IngressClass: KubernetesKind {
    public static let kind = ObjectKind.ingressClass

    /// Marks the class that Ingresses without a class belong to.
    public static let defaultAnnotation = "ingressclass.kubernetes.io/is-default-class"

    public var metadata: Metadata
    /// `spec.controller`, such as `k8s.io/ingress-nginx`.
    public var controller: String

    public init(metadata: Metadata, controller: String) {
        self.metadata = metadata
        self.controller = controller
    }

    public var isDefault: Bool { metadata.annotation(Self.defaultAnnotation) == "true" }
}
