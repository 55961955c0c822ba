/// A type of Kubernetes object.
///
/// Equality compares what two objects say; where they were read (`Source`, `SourceLine`) plays no part.
public protocol KubernetesKind: Sendable, Equatable {
    static var kind: ObjectKind { get }
    var metadata: Metadata { get set }
}

extension KubernetesKind {
    public var reference: ObjectReference {
        ObjectReference(kind: Self.kind, namespace: metadata.namespace, name: metadata.name)
    }

    /// The line in the file, counted from 1, of something inside this object.
    public func line(_ line: SourceLine) -> Int { metadata.source.line(line) }
}

/// An object of any kind that Gatehouse reads, as it comes out of a manifest.
///
/// Indirect, so that passing one on or sharing it between versions of a store costs one reference count.
public indirect enum KubernetesObject: Sendable, Equatable {
    case ingress(Ingress)
    case ingressClass(IngressClass)
    case service(Service)
    case endpointSlice(EndpointSlice)
    case endpoints(Endpoints)
    case secret(Secret)
    case configMap(ConfigMap)
    case namespace(Namespace)

    public var metadata: Metadata {
        switch self {
        case .ingress(let object): object.metadata
        case .ingressClass(let object): object.metadata
        case .service(let object): object.metadata
        case .endpointSlice(let object): object.metadata
        case .endpoints(let object): object.metadata
        case .secret(let object): object.metadata
        case .configMap(let object): object.metadata
        case .namespace(let object): object.metadata
        }
    }

    public var reference: ObjectReference {
        switch self {
        case .ingress(let object): object.reference
        case .ingressClass(let object): object.reference
        case .service(let object): object.reference
        case .endpointSlice(let object): object.reference
        case .endpoints(let object): object.reference
        case .secret(let object): object.reference
        case .configMap(let object): object.reference
        case .namespace(let object): object.reference
        }
    }
}

extension KubernetesObject {
    /// The same object with other metadata.
    func with(_ metadata: Metadata) -> KubernetesObject {
        func replacing<Object: KubernetesKind>(_ object: Object) -> Object {
            var copy = object
            copy.metadata = metadata
            return copy
        }
        return switch self {
        case .ingress(let object): .ingress(replacing(object))
        case .ingressClass(let object): .ingressClass(replacing(object))
        case .service(let object): .service(replacing(object))
        case .endpointSlice(let object): .endpointSlice(replacing(object))
        case .endpoints(let object): .endpoints(replacing(object))
        case .secret(let object): .secret(replacing(object))
        case .configMap(let object): .configMap(replacing(object))
        case .namespace(let object): .namespace(replacing(object))
        }
    }
}
