/// What every object says about itself, and where it was read.
public struct Metadata: Sendable, Equatable {
    /// One annotation, in the order in which the object lists them.
    public struct Annotation: Sendable, Equatable {
        public var name: String
        public var value: String
        public var line: SourceLine

        public init(name: String, value: String, line: SourceLine = SourceLine()) {
            self.name = name
            self.value = value
            self.line = line
        }
    }

    public var name: String
    /// `default` when a namespaced object names none; empty for cluster-scoped kinds.
    public var namespace: String
    public var uid: String
    public var annotations: [Annotation]
    public var labels: [String: String]
    /// Nil in manifests that were never in a cluster.
    public var creationTimestamp: Timestamp?
    public var source: Source

    public init(
        name: String, namespace: String = "default", uid: String = "", annotations: [Annotation] = [],
        labels: [String: String] = [:], creationTimestamp: Timestamp? = nil, source: Source = Source()
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.annotations = annotations
        self.labels = labels
        self.creationTimestamp = creationTimestamp
        self.source = source
    }

    /// The value of the annotation with this full name.
    public func annotation(_ name: String) -> String? {
        annotations.first { $0.name == name }?.value
    }

    public var key: NamespacedName { NamespacedName(namespace: namespace, name: name) }
}
