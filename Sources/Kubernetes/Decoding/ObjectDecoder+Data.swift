extension ObjectDecoder {
    mutating func secret(_ root: ManifestNode, _ metadata: Metadata) -> Secret {
        hidesValues = true
        var secret = Secret(metadata: metadata)
        var plain: [(key: String, value: String, line: Int)] = []
        topLevel(root, known: ["data", "stringData", "type", "immutable"]) { decoder, entry in
            switch entry.key {
            case "type": secret.type = decoder.string(entry.value) ?? secret.type
            case "data":
                for (key, bytes) in decoder.base64(entry.value) { secret.data[key] = SecretBytes(bytes) }
            case "stringData": plain = decoder.stringPairs(entry.value)
            default: break
            }
        }
        for (key, value, _) in plain { secret.data[key] = SecretBytes(Array(value.utf8)) }
        return secret
    }

    mutating func configMap(_ root: ManifestNode, _ metadata: Metadata) -> ConfigMap {
        var configMap = ConfigMap(metadata: metadata)
        topLevel(root, known: ["data", "binaryData", "immutable"]) { decoder, entry in
            switch entry.key {
            case "data":
                configMap.data = decoder.stringPairs(entry.value).map {
                    ConfigMap.Entry(
                        key: decoder.interner.shared($0.key), value: $0.value,
                        line: SourceLine($0.line - decoder.objectLine))
                }
            case "binaryData": configMap.binaryData = Dictionary(decoder.base64(entry.value)) { $1 }
            default: break
            }
        }
        return configMap
    }

    mutating func namespaceObject(_ root: ManifestNode, _ metadata: Metadata) -> Namespace {
        topLevel(root, known: ["spec", "status"]) { _, _ in }
        return Namespace(metadata: metadata)
    }

    /// A mapping of names to base64 (RFC 4648 §4; line breaks are ignored, as Kubernetes does).
    private mutating func base64(_ node: ManifestNode) -> [(String, [UInt8])] {
        stringPairsWithPath(node) { decoder, key, text, line in
            guard let bytes = Base64Text.decode(text) else {
                decoder.reject(
                    line: line, "the value isn't base64",
                    remedy: "encode it, or move it to stringData if it is a Secret")
                return nil
            }
            return (key, bytes)
        }
    }

    private mutating func stringPairsWithPath<Value>(
        _ node: ManifestNode, _ body: (inout Self, String, String, Int) -> Value?
    ) -> [Value] {
        var values: [Value] = []
        for (key, text, line) in stringPairs(node) {
            if let value = within(.key(key), { body(&$0, key, text, line) }) { values.append(value) }
        }
        return values
    }

    /// Calls `body` for each field of the object beside those that every object has, and warns of
    /// fields that aren't among the `known` ones.
    mutating func topLevel(
        _ root: ManifestNode, known: [String], _ body: (inout Self, ManifestNode.Entry) -> Void
    ) {
        fields(of: root) { decoder, entry in
            switch entry.key {
            case "apiVersion", "kind", "metadata": break
            case let key where known.contains(key): body(&decoder, entry)
            default: decoder.unknown(entry, among: known + ["apiVersion", "kind", "metadata"])
            }
        }
    }
}
