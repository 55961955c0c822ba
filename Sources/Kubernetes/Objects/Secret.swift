/// Bytes that must never be printed: descriptions, dumps and mirrors show their length alone.
public struct SecretBytes: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var description: String { "<\(bytes.count) secret bytes>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// `v1` Secret: certificates, keys and passwords by name.
public struct Secret: KubernetesKind {
    public static let kind = ObjectKind.secret

    public var metadata: Metadata
    /// Such as `Opaque` or `kubernetes.io/tls`.
    public var type: String
    /// `data`, decoded from base64, with `stringData` laid over it.
    public var data: [String: SecretBytes]

    public init(metadata: Metadata, type: String = "Opaque", data: [String: SecretBytes] = [:]) {
        self.metadata = metadata
        self.type = type
        self.data = data
    }
}
