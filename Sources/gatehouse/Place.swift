import Model

/// An origin as JSON.
struct Place: Encodable, Equatable, CustomStringConvertible {
    var file: String
    var line: Int?
    var kind: String
    var namespace: String
    var name: String

    init(_ origin: Origin) {
        file = origin.file
        line = origin.line
        kind = origin.kind
        namespace = origin.namespace
        name = origin.name
    }

    /// As the origin prints itself.
    var description: String {
        Origin(file: file, line: line, kind: kind, namespace: namespace, name: name).description
    }
}
