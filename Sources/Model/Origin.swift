/// Where a part of the configuration was written: file and line, or a cluster, and the object there.
public struct Origin: Sendable, Hashable {
    /// The file's path as the user gave it, `-` for standard input, or the cluster's name.
    public var file: String
    /// Line in the file, counted from 1; nil when the source has no lines.
    public var line: Int?
    /// Kind of the object, such as `Ingress`.
    public var kind: String
    public var namespace: String
    public var name: String

    public init(file: String, line: Int?, kind: String, namespace: String, name: String) {
        self.file = file
        self.line = line
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// For what nobody wrote: built-in defaults.
    public static let builtIn = Origin(file: "", line: nil, kind: "", namespace: "", name: "built-in")

    /// The same object at another line.
    public func at(line: Int?) -> Origin {
        var origin = self
        origin.line = line ?? self.line
        return origin
    }
}

extension Origin: CustomStringConvertible {
    /// `shop.yaml:14: Ingress shop/web`; a whole file is its place alone.
    public var description: String {
        if self == .builtIn { return name }
        let place = line.map { "\(file):\($0)" } ?? file
        let key = namespace.isEmpty || name.isEmpty ? name : "\(namespace)/\(name)"
        return [place, [kind, key].filter { !$0.isEmpty }.joined(separator: " ")]
            .filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
