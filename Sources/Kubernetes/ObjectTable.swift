/// All objects of one kind, by namespace and name.
///
/// A value: copies are independent, while the objects in them are shared.
public struct ObjectTable<Object: KubernetesKind>: Sendable {
    /// One object as the versions of a store share it. The same reference is the same object, wherever
    /// it was read from: what was derived from it may be kept for as long as the reference is.
    public final class Shared: Sendable {
        public let object: Object
        init(_ object: Object) { self.object = object }
    }

    /// Names one content of a table. Equal revisions mean that the tables hold the very same objects;
    /// the converse need not be so.
    public struct Revision: Sendable, Equatable {
        private final class Token: Sendable {}
        private let token = Token()

        public static func == (a: Self, b: Self) -> Bool { a.token === b.token }
    }

    private var objects: [NamespacedName: Shared] = [:]
    /// Changes with every `put` and `remove`.
    public private(set) var revision = Revision()

    init() {}

    public var count: Int { objects.count }
    public var isEmpty: Bool { objects.isEmpty }

    /// Every object, in no particular order.
    public var all: some Sequence<Object> { objects.values.lazy.map(\.object) }

    /// Every object by reference, in no particular order.
    public var allShared: some Sequence<Shared> { objects.values }

    /// The object of this name by reference.
    public func shared(_ key: NamespacedName) -> Shared? { objects[key] }

    public subscript(key: NamespacedName) -> Object? { objects[key]?.object }

    /// The object of this name; the namespace is empty for cluster-scoped kinds.
    public subscript(namespace: String, name: String) -> Object? {
        self[NamespacedName(namespace: namespace, name: name)]
    }

    mutating func put(_ object: Object) -> Object? {
        revision = Revision()
        return objects.updateValue(Shared(object), forKey: object.metadata.key)?.object
    }

    mutating func remove(_ key: NamespacedName) -> Object? {
        revision = Revision()
        return objects.removeValue(forKey: key)?.object
    }
}
