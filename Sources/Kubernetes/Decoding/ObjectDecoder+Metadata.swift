extension ObjectDecoder {
    private static let metadataFields = [
        "name", "namespace", "uid", "annotations", "labels", "creationTimestamp", "generateName", "selfLink",
        "resourceVersion", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences",
        "finalizers", "managedFields", "clusterName",
    ]

    /// Reads `metadata` of an object of `kind`; nil when it has no usable name.
    ///
    /// The name is looked at first, so that every later diagnostic can say whose it is.
    mutating func metadata(of root: ManifestNode, kind: ObjectKind) -> Metadata? {
        let node = root["metadata"]
        name = node?["name"]?.string ?? ""
        namespace = kind.isNamespaced ? node?["namespace"]?.string ?? "default" : ""
        guard let node else {
            reject(line: root.line, "metadata is missing", remedy: "give the object a metadata.name")
            return nil
        }
        var metadata = Metadata(
            name: name, namespace: interner.shared(namespace),
            source: Source(file: file, firstLine: firstLine + objectLine))
        within(.key("metadata")) { decoder in
            let isMapping = decoder.fields(of: node) { decoder, entry in
                decoder.metadataField(entry, into: &metadata)
            }
            if isMapping || node.type == .null { decoder.checkIdentity(node, kind: kind) }
        }
        return name.isEmpty ? nil : metadata
    }

    private mutating func metadataField(_ entry: ManifestNode.Entry, into metadata: inout Metadata) {
        switch entry.key {
        case "name", "namespace": _ = string(entry.value)
        case "uid": metadata.uid = string(entry.value) ?? ""
        case "annotations":
            metadata.annotations = stringPairs(entry.value).map {
                Metadata.Annotation(
                    name: interner.shared($0.key), value: $0.value, line: SourceLine($0.line - objectLine))
            }
        case "labels":
            let pairs = stringPairs(entry.value).map { (interner.shared($0.key), interner.shared($0.value)) }
            metadata.labels = Dictionary(pairs) { $1 }
        case "creationTimestamp":
            guard entry.value.type != .null, let text = string(entry.value) else { return }
            metadata.creationTimestamp = Timestamp(text)
            if metadata.creationTimestamp == nil {
                reject(line: entry.line, "expected a time such as 2026-01-31T12:00:00Z, got \"\(text)\"")
            }
        default:
            if !Self.metadataFields.contains(entry.key) { unknown(entry, among: Self.metadataFields) }
        }
    }

    private mutating func checkIdentity(_ node: ManifestNode, kind: ObjectKind) {
        let nameForm: NameForm =
            switch kind {
            case .service: .serviceLabel
            case .namespace: .label
            case .ingress, .ingressClass, .endpointSlice, .endpoints, .secret, .configMap: .subdomain
            }
        within(.key("name")) { decoder in
            if decoder.name.isEmpty, node["name"].map({ $0.type == .null || $0.string == "" }) ?? true {
                decoder.reject(line: node.line, "the object has no name", remedy: "give it one")
            } else if !decoder.name.isEmpty, !nameForm.admits(decoder.name) {
                decoder.reject(
                    line: node["name"]?.line ?? node.line,
                    "\"\(decoder.name)\" isn't a valid name", remedy: "use \(nameForm.described)")
            }
        }
        guard kind.isNamespaced, !NameForm.label.admits(namespace) else { return }
        within(.key("namespace")) { decoder in
            decoder.reject(
                line: node["namespace"]?.line ?? node.line,
                "\"\(decoder.namespace)\" isn't a valid namespace", remedy: "use \(NameForm.label.described)")
        }
    }
}
