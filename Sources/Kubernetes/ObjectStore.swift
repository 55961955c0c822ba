/// Every object that is known at one moment, indexed the ways translation asks for them.
///
/// A value: a new version is a changed copy that shares the objects that stayed the same, so one
/// can be translated on another thread while the next is being put together.
public struct ObjectStore: Sendable {
    public private(set) var ingresses = ObjectTable<Ingress>()
    public private(set) var ingressClasses = ObjectTable<IngressClass>()
    public private(set) var services = ObjectTable<Service>()
    public private(set) var endpointSlices = ObjectTable<EndpointSlice>()
    public private(set) var endpoints = ObjectTable<Endpoints>()
    public private(set) var secrets = ObjectTable<Secret>()
    public private(set) var configMaps = ObjectTable<ConfigMap>()
    public private(set) var namespaces = ObjectTable<Namespace>()

    /// Grows with every change that was made on the way to this value.
    public private(set) var version: UInt64 = 0

    /// The names of each Service's slices, and what they were last changed by.
    private var slicesOfService: [NamespacedName: ServiceSlices] = [:]

    private struct ServiceSlices: Sendable {
        var names: Set<String> = []
        var revision = ObjectTable<EndpointSlice>.Revision()
    }

    public init() {}

    public init(_ objects: some Sequence<KubernetesObject>) {
        for object in objects { put(object) }
    }

    public var count: Int {
        ingresses.count + ingressClasses.count + services.count + endpointSlices.count + endpoints.count
            + secrets.count + configMaps.count + namespaces.count
    }

    /// Adds an object, or replaces the one of the same kind, namespace and name.
    public mutating func put(_ object: KubernetesObject) {
        version += 1
        switch object {
        case .ingress(let ingress): _ = ingresses.put(ingress)
        case .ingressClass(let ingressClass): _ = ingressClasses.put(ingressClass)
        case .service(let service): _ = services.put(service)
        case .endpointSlice(let slice):
            if let former = endpointSlices.put(slice) { unindex(former) }
            index(slice)
        case .endpoints(let endpoints): _ = self.endpoints.put(endpoints)
        case .secret(let secret): _ = secrets.put(secret)
        case .configMap(let configMap): _ = configMaps.put(configMap)
        case .namespace(let namespace): _ = namespaces.put(namespace)
        }
    }

    /// Takes an object out. Does nothing when it isn't there.
    public mutating func remove(_ reference: ObjectReference) {
        version += 1
        switch reference.kind {
        case .ingress: _ = ingresses.remove(reference.key)
        case .ingressClass: _ = ingressClasses.remove(reference.key)
        case .service: _ = services.remove(reference.key)
        case .endpointSlice: if let former = endpointSlices.remove(reference.key) { unindex(former) }
        case .endpoints: _ = endpoints.remove(reference.key)
        case .secret: _ = secrets.remove(reference.key)
        case .configMap: _ = configMaps.remove(reference.key)
        case .namespace: _ = namespaces.remove(reference.key)
        }
    }

    /// The object of this identity, whatever its kind.
    public subscript(reference: ObjectReference) -> KubernetesObject? {
        switch reference.kind {
        case .ingress: ingresses[reference.key].map(KubernetesObject.ingress)
        case .ingressClass: ingressClasses[reference.key].map(KubernetesObject.ingressClass)
        case .service: services[reference.key].map(KubernetesObject.service)
        case .endpointSlice: endpointSlices[reference.key].map(KubernetesObject.endpointSlice)
        case .endpoints: endpoints[reference.key].map(KubernetesObject.endpoints)
        case .secret: secrets[reference.key].map(KubernetesObject.secret)
        case .configMap: configMaps[reference.key].map(KubernetesObject.configMap)
        case .namespace: namespaces[reference.key].map(KubernetesObject.namespace)
        }
    }

    /// The slices of a Service in the order of their names. A Service without any takes the subsets
    /// of its Endpoints object, as the cluster's own mirroring does.
    public func endpointSlices(of service: NamespacedName) -> [EndpointSlice] {
        if let slices = slicesOfService[service] {
            return slices.names.sorted().compactMap { endpointSlices[service.namespace, $0] }
        }
        return endpoints[service]?.slices ?? []
    }

    /// Names the present slices of a Service: equal revisions mean the very same slices. Nil when it has none.
    public func slicesRevision(of service: NamespacedName) -> ObjectTable<EndpointSlice>.Revision? {
        slicesOfService[service]?.revision
    }

    private mutating func index(_ slice: EndpointSlice) {
        guard let service = slice.serviceKey else { return }
        slicesOfService[service, default: ServiceSlices()].names.insert(slice.metadata.name)
        slicesOfService[service]?.revision = ObjectTable<EndpointSlice>.Revision()
    }

    private mutating func unindex(_ slice: EndpointSlice) {
        guard let service = slice.serviceKey, var slices = slicesOfService.removeValue(forKey: service) else { return }
        slices.names.remove(slice.metadata.name)
        slices.revision = ObjectTable<EndpointSlice>.Revision()
        if !slices.names.isEmpty { slicesOfService[service] = slices }
    }
}

extension EndpointSlice {
    fileprivate var serviceKey: NamespacedName? {
        serviceName.map { NamespacedName(namespace: metadata.namespace, name: $0) }
    }
}
