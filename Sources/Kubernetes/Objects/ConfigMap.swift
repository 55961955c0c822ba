/// `v1` ConfigMap: settings by name.
public struct ConfigMap: KubernetesKind {
    public static let kind = ObjectKind.configMap

    /// One entry of `data`, in the order in which the object lists them.
    public struct Entry: Sendable, Equatable {
        public var key: String
        public var value: String
        public var line: SourceLine

        public init(key: String, value: String, line: SourceLine = SourceLine()) {
            self.key = key
            self.value = value
            self.line = line
        }
    }

    public var metadata: Metadata
    public var data: [Entry]
    /// `binaryData`, decoded from base64.
    public var binaryData: [String: [UInt8]]

    public init(metadata: Metadata, data: [Entry] = [], binaryData: [String: [UInt8]] = [:]) {
        self.metadata = metadata
        self.data = data
        self.binaryData = binaryData
    }

    /// The text under `key`, or nil.
    public subscript(key: String) -> String? { data.first { $0.key == key }?.value }
}

/// `v1` Namespace: read for its existence and labels.
public struct Namespace: KubernetesKind {
    public static let kind = ObjectKind.namespace

    public var metadata: Metadata

    public init(metadata: Metadata) { self.metadata = metadata }
}
