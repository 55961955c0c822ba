/// All objects of one kind, by namespace and name.
///
/// A value: copies are independent, while the objects in them are shared.
public struct ObjectTable<Object: KubernetesKind>: Sendable {
    private final class Shared: Sendable {
        let object: Object
        init(_ object: Object) { self.object = object }
    }

    private var objects: [NamespacedName: Shared] = [:]

    init() {}

    public var count: Int { objects.count }
    public var isEmpty: Bool { objects.isEmpty }

    /// Every object, in no particular order.
    public var all: some Sequence<Object> { objects.values.lazy.map(\.object) }

    public subscript(key: NamespacedName) -> Object? { objects[key]?.object }

    /// The object of this name; the namespace is empty for cluster-scoped kinds.
    public subscript(namespace: String, name: String) -> Object? {
        self[NamespacedName(namespace: namespace, name: name)]
    }

    mutating func put(_ object: Object) -> Object? {
        objects.updateValue(Shared(object), forKey: object.metadata.key)?.object
    }

    mutating func remove(_ key: NamespacedName) -> Object? {
        objects.removeValue(forKey: key)?.object
    }
}
