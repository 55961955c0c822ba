/// Turns the text of one document (or the few that couldn't be told apart beforehand) into objects.
struct DocumentDecoder {
    let file: String
    let interner: Interner
    private var result: ManifestDocument

    /// - Parameter text: The document; its first line is `firstLine` of the file.
    static func decode(
        _ text: ArraySlice<UInt8>, file: String, firstLine: Int, fingerprint: Fingerprint, interner: Interner
    ) throws(ManifestSyntaxError) -> ManifestDocument {
        var decoder = DocumentDecoder(
            file: file, interner: interner, result: ManifestDocument(fingerprint: fingerprint, firstLine: firstLine))
        for root in try roots(of: text, file: file) { decoder.decodeRoot(root) }
        return decoder.result
    }

    /// JSON is tried first where the text looks like it; what isn't JSON may still be YAML in flow style.
    private static func roots(
        of text: ArraySlice<UInt8>, file: String
    ) throws(ManifestSyntaxError) -> [ManifestNode] {
        let first = text.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || file.hasSuffix(".json") else {
            return try YAMLComposer.compose(text)
        }
        do {
            return [try JSONParser.parse(text)]
        } catch {
            if file.hasSuffix(".json") { throw error }
            return try YAMLComposer.compose(text)
        }
    }

    private mutating func decodeRoot(_ root: ManifestNode) {
        guard root.type != .null else { return }
        guard root.type == .mapping, root["kind"] != nil || root["apiVersion"] != nil else {
            note(root, "not a Kubernetes object: neither kind nor apiVersion")
            return
        }
        decode(root, kind: root["kind"]?.string, apiVersion: root["apiVersion"]?.string)
    }

    private mutating func decode(_ root: ManifestNode, kind: String?, apiVersion: String?) {
        guard let kind, let apiVersion else {
            let missing = kind == nil ? "kind" : "apiVersion"
            reject(root, kind: kind ?? "", "\(missing) is missing", remedy: "an object needs both kind and apiVersion")
            return
        }
        if kind.hasSuffix("List"), case .sequence(let items)? = root["items"]?.content {
            return decodeItems(items, of: kind, apiVersion: apiVersion)
        }
        guard let known = ObjectKind(rawValue: kind) else {
            return passOver(root, kind: kind, apiVersion: apiVersion)
        }
        if apiVersion == known.apiVersion { return decodeObject(root, known) }
        if Self.retiredVersions.contains(apiVersion) {
            reject(
                root, kind: kind, "\(apiVersion) is no longer served by Kubernetes",
                remedy: "move the object to \(known.apiVersion)")
        } else if Self.group(of: apiVersion) == Self.group(of: known.apiVersion) || !apiVersion.contains("/") {
            warn(
                root, kind: kind, "\(apiVersion) is no version in which Gatehouse reads this kind, so it is skipped",
                remedy: "write \(known.apiVersion)")
        } else {
            skip(root, kind: kind, apiVersion: apiVersion)
        }
    }

    /// A kind that isn't read: skipped without much ado, unless it looks like a typing mistake for one that is.
    private mutating func passOver(_ root: ManifestNode, kind: String, apiVersion: String) {
        let neighbours = ObjectKind.allCases.filter { $0.apiVersion == apiVersion }.map(\.rawValue)
        guard let meant = nearestName(to: kind, among: neighbours) else {
            return skip(root, kind: kind, apiVersion: apiVersion)
        }
        warn(
            root, kind: kind, "is no kind that Gatehouse reads, so the object is skipped",
            remedy: "did you mean \(meant)?")
    }

    private static func group(of apiVersion: String) -> Substring {
        apiVersion.contains("/") ? apiVersion.prefix { $0 != "/" } : ""
    }

    /// Versions that once held kinds which are read today under another.
    private static let retiredVersions: Set<String> = [
        "extensions/v1beta1", "networking.k8s.io/v1beta1", "discovery.k8s.io/v1beta1", "discovery.k8s.io/v1alpha1",
    ]

    /// The items of a `List` name their kind; those of an `IngressList` may leave it to the list.
    private mutating func decodeItems(_ items: [ManifestNode], of listKind: String, apiVersion: String) {
        let itemKind = String(listKind.dropLast("List".count))
        for item in items {
            guard item.type == .mapping else {
                reject(item, kind: listKind, "expected an object, got \(item.type.described)", remedy: "")
                continue
            }
            decode(
                item, kind: item["kind"]?.string ?? (itemKind.isEmpty ? nil : itemKind),
                apiVersion: item["apiVersion"]?.string ?? (itemKind.isEmpty ? nil : apiVersion))
        }
    }

    private mutating func decodeObject(_ root: ManifestNode, _ kind: ObjectKind) {
        var decoder = ObjectDecoder(
            file: file, firstLine: result.firstLine, objectLine: root.line, kind: kind.rawValue, interner: interner)
        if let metadata = decoder.metadata(of: root, kind: kind) {
            let object: KubernetesObject =
                switch kind {
                case .ingress: .ingress(decoder.ingress(root, metadata))
                case .ingressClass: .ingressClass(decoder.ingressClass(root, metadata))
                case .service: .service(decoder.service(root, metadata))
                case .endpointSlice: .endpointSlice(decoder.endpointSlice(root, metadata))
                case .endpoints: .endpoints(decoder.endpoints(root, metadata))
                case .secret: .secret(decoder.secret(root, metadata))
                case .configMap: .configMap(decoder.configMap(root, metadata))
                case .namespace: .namespace(decoder.namespaceObject(root, metadata))
                }
            if decoder.isRejected {
                result.rejected.append(object.reference)
            } else {
                result.objects.append(object)
            }
        }
        result.diagnostics += decoder.diagnostics
    }

    private mutating func skip(_ root: ManifestNode, kind: String, apiVersion: String) {
        result.skipped.append(
            ManifestDocument.Skipped(
                kind: interner.shared(kind), apiVersion: interner.shared(apiVersion),
                line: result.firstLine + root.line))
    }

    private mutating func note(_ root: ManifestNode, _ fault: String) {
        result.diagnostics.append(
            ManifestDiagnostic(severity: .note, file: file, line: result.firstLine + root.line, fault: fault))
    }

    private mutating func reject(_ root: ManifestNode, kind: String, _ fault: String, remedy: String) {
        report(.rejected, root, kind: kind, fault, remedy: remedy)
    }

    private mutating func warn(_ root: ManifestNode, kind: String, _ fault: String, remedy: String) {
        report(.warning, root, kind: kind, fault, remedy: remedy)
    }

    private mutating func report(
        _ severity: ManifestDiagnostic.Severity, _ root: ManifestNode, kind: String, _ fault: String, remedy: String
    ) {
        let metadata = root["metadata"]
        let standard = ObjectKind(rawValue: kind)?.isNamespaced == true ? "default" : ""
        result.diagnostics.append(
            ManifestDiagnostic(
                severity: severity, file: file, line: result.firstLine + root.line, kind: kind,
                namespace: metadata?["namespace"]?.string ?? standard, name: metadata?["name"]?.string ?? "",
                fault: fault, remedy: remedy))
    }
}
