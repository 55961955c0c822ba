import Testing

@testable import Kubernetes

/// Decodes a manifest as the file `web.yaml`.
func decode(_ text: String, path: String = "web.yaml", reusing previous: ManifestFile? = nil) -> ManifestFile {
    ManifestDecoder().decode(Array(text.utf8), path: path, reusing: previous)
}

extension ManifestFile {
    /// The diagnostics as `check` prints them.
    var messages: [String] { diagnostics.map(\.description) }
    var references: [String] { objects.map(\.reference.description) }
}

@Suite struct `Manifest decoder` {
    static let namespaces = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "

    @Test(arguments: [
        ("networking.k8s.io/v1", "Ingres", "is no kind that Gatehouse reads", "did you mean Ingress?"),
        ("v1", "service", "is no kind that Gatehouse reads", "did you mean Service?"),
        ("networking.k8s.io/v2", "Ingress", "networking.k8s.io/v2 is no version", "write networking.k8s.io/v1"),
        ("v1", "Ingress", "v1 is no version", "write networking.k8s.io/v1"),
    ])
    func `warns of what looks like a typing mistake`(version: String, kind: String, fault: String, remedy: String)
        throws
    {
        let file = decode("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: web}\n")
        let diagnostic = try #require(file.diagnostics.first)
        #expect(file.diagnostics.count == 1)
        #expect(diagnostic.severity == .warning)
        #expect(diagnostic.fault.hasPrefix(fault))
        #expect(diagnostic.remedy == remedy)
    }

    @Test(arguments: [
        ("apps/v1", "Deployment"), ("v1", "Pod"), ("v1", "ServiceAccount"), ("networking.k8s.io/v1", "NetworkPolicy"),
        ("serving.knative.dev/v1", "Service"), ("config.openshift.io/v1", "Ingress"),
    ])
    func `passes over other kinds in silence`(version: String, kind: String) {
        let file = decode("apiVersion: \(version)\nkind: \(kind)\nmetadata: {name: web}\n")
        #expect(file.messages.isEmpty)
        #expect(file.documents.flatMap(\.skipped).map(\.kind) == [kind])
    }

    @Test(arguments: [
        ("a: b: c\n", "or quote a value that holds a colon"), ("a: \"b\n", "close the quote"),
        ("a: [b\n", "close the bracket"), ("a: *b\n", "define the anchor first"), ("a: @b\n", "quote the value"),
        ("a:\n  b: c\n d: e\n", "indent the line as its neighbours"), ("\ta: b\n", "indent with spaces"),
    ])
    func `says what helps against a fault of YAML`(text: String, remedy: String) throws {
        let message = try #require(decode(text).messages.first)
        #expect(message.contains(remedy), "\(message)")
    }

    @Test func `says that JSON is cut short`() throws {
        for text in [#"{"kind""#, #"{"kind":"#, #"{"kind": "a""#, #"{"a": [1"#] {
            let message = try #require(decode(text, path: "web.json").messages.first)
            #expect(message.contains("the text ends too early"), "\(message)")
        }
    }

    @Test func `reads every document of a stream`() {
        let file = decode(
            "# first\n---\n\(Self.namespaces)a\n---\n\(Self.namespaces)b # c\n--- # third\n\(Self.namespaces)c\n")
        #expect(file.references == ["Namespace a", "Namespace b", "Namespace c"])
        #expect(file.messages.isEmpty)
    }

    @Test(arguments: ["\r\n", "\n"])
    func `knows the line each object begins on`(lineEnd: String) {
        let text = "# comment\n\(Self.namespaces)a\n---\n\n# another\n\(Self.namespaces)b\n"
        let file = decode(text.replacing("\n", with: lineEnd))
        #expect(file.objects.map(\.metadata.source.firstLine) == [2, 9])
    }

    @Test func `keeps a marker within an indented block as text`() {
        let file = decode("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    ---\n    b\n")
        guard case .configMap(let map)? = file.objects.first(where: { _ in true }) else {
            Issue.record("no ConfigMap in \(file.messages)")
            return
        }
        #expect(map["text"] == "---\nb\n")
    }

    @Test func `reads a stream with directives and document ends`() {
        let file = decode("%YAML 1.1\n---\n\(Self.namespaces)a\n...\n%YAML 1.1\n---\n\(Self.namespaces)b\n")
        #expect(file.references == ["Namespace a", "Namespace b"])
        #expect(file.objects.map(\.metadata.source.firstLine) == [3, 10])
    }

    @Test func `reads JSON and lists of either form`() {
        let json = """
            {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "b"}}]}
            ]}
            """
        let fromJSON = decode(json, path: "web.json")
        #expect(fromJSON.references == ["Namespace a", "Service default/b"])
        #expect(fromJSON.objects.map(\.metadata.source.firstLine) == [2, 3])
        #expect(decode(json).references == fromJSON.references)
        let yaml =
            "apiVersion: v1\nkind: NamespaceList\nmetadata: {resourceVersion: \"1\"}\nitems:\n- metadata: {name: a}\n- metadata:\n    name: b\n"
        #expect(decode(yaml).references == ["Namespace a", "Namespace b"])
    }

    @Test func `expands anchors, aliases and merge keys`() {
        let file = decode(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: a
              labels: &labels {app: web}
              annotations:
                <<: *labels
                tier: front
            """)
        let metadata = file.objects.first { _ in true }?.metadata
        #expect(metadata?.annotation("app") == "web")
        #expect(metadata?.annotation("tier") == "front")
        #expect(file.messages.isEmpty)
    }

    @Test func `notes a skipped kind once`() {
        let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
        let files = [decode("\(deployment)---\n\(deployment)"), decode(deployment, path: "other.yaml")]
        #expect(
            files.skippedKinds.map(\.description) == [
                "web.yaml:1: Deployment: objects of this kind (apps/v1) are skipped (3 of them)"
            ])
        #expect(files.allSatisfy { $0.diagnostics.isEmpty })
    }

    @Test func `takes a kind of another group for another kind`() {
        let file = decode("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n")
        #expect(file.documents.first?.skipped.map(\.apiVersion) == ["serving.knative.dev/v1"])
    }

    @Test(arguments: [
        (
            "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}",
            "web.yaml:1: Ingress default/a: extensions/v1beta1 is no longer served by Kubernetes; "
                + "move the object to networking.k8s.io/v1"
        ),
        (
            "kind: Service\nmetadata: {name: a}",
            "web.yaml:1: Service default/a: apiVersion is missing; an object needs both kind and apiVersion"
        ),
        ("key: value", "web.yaml:1: not a Kubernetes object: neither kind nor apiVersion"),
    ])
    func `says what isn't an object it can read`(text: String, message: String) {
        #expect(decode(text).messages == [message])
    }

    @Test func `reuses unchanged documents and moves them`() {
        let before = decode("\(Self.namespaces)a\n---\n\(Self.namespaces)b\n")
        let after = decode("\(Self.namespaces)z\n# longer\n---\n\(Self.namespaces)b\n", reusing: before)
        #expect(after.references == ["Namespace z", "Namespace b"])
        #expect(after.objects.map(\.metadata.source.firstLine) == [1, 7])
        #expect(after.documents[1].fingerprint == before.documents[1].fingerprint)
    }

    @Test func `gives the same result on several cores`() async {
        let text = (0..<1000).map { "\(Self.namespaces)n\($0)\n" }.joined(separator: "---\n")
        let parallel = await ManifestDecoder().decodeInParallel(Array(text.utf8), path: "web.yaml")
        #expect(parallel.references == decode(text).references)
        #expect(parallel.objects.map(\.metadata.source.firstLine) == (0..<1000).map { 1 + 5 * $0 })
    }
}

@Suite struct `Manifest syntax` {
    @Test(arguments: [
        ("a: [1", "web.yaml:4:1: did not find expected ',' or ']'; close the bracket, or quote the value"),
        (
            "a: 1\n\tb: 2",
            "web.yaml:4:1: found a tab character that violates indentation; indent with spaces; YAML doesn't allow tabs"
        ),
        ("a: 1\nb: 2\na: 3", "web.yaml:3:1: the key \"a\" occurs twice; remove one of them"),
        ("a: {{ .Values.b }}", ""),
        ("a: *b", "web.yaml:3:4: found undefined alias; define the anchor first, or quote the value"),
        ("a: \u{1}", "web.yaml:3:4: control characters are not allowed"),
    ])
    func `faults refuse the file and name line and column`(text: String, message: String) {
        let file = decode("ok: true\n---\n\(text)\n")
        #expect(!file.isUsable)
        guard !message.isEmpty else { return }
        #expect(file.faults.map(\.description) == [message])
    }

    @Test func `a template is recognised`() {
        let file = decode("a: b\nname: {{ .Values.name }}:{{ x }\n")
        #expect(file.faults.first?.remedy == "render the template first; this looks like a Helm chart's")
    }

    @Test(arguments: [
        ("{\"a\": 1,}", "web.json:1:9: expected a quoted key"),
        ("{\"a\": 1\n\"b\": 2}", "web.json:2:1: expected a comma or the end of the object"),
        ("[1, 2", "web.json:1:6: the text ends too early"),
        ("{\"a\": yes}", "web.json:1:7: expected a JSON value"),
        ("{} {}", "web.json:1:4: text after the JSON value"),
        ("", "web.json:1:1: the text ends too early"),
        ("{\"a\":1,\n\"a\":2}", "web.json:2: the key \"a\" occurs twice; remove one of them"),
    ])
    func `of JSON is strict`(text: String, message: String) {
        #expect(decode(text, path: "web.json").faults.map(\.description) == [message])
    }

    @Test func `invalid UTF-8 is refused where it begins`() {
        let bytes = Array("a: 1\nb: ".utf8) + [0xFF, 0x0A]
        let file = ManifestDecoder().decode(bytes, path: "web.yaml")
        #expect(file.faults.map(\.description) == ["web.yaml:2:4: the text isn't valid UTF-8; save the file as UTF-8"])
    }

    @Test func `a file past the size limit is refused unread`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: ManifestLimits.fileBytes + 1)
        #expect(
            ManifestDecoder().decode(bytes, path: "web.yaml").faults.first?.fault == "the file is larger than 64 MiB")
    }

    @Test(arguments: [
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
        String(repeating: "- ", count: 65) + "x",
        String(repeating: "- ", count: 990) + "x",
        String(repeating: "[", count: 5000),
    ])
    func `nesting past the limit is refused`(text: String) {
        #expect(decode(text).faults.first?.fault == "nested deeper than 64 levels")
    }

    @Test(arguments: ["[1,1,1]", "- - - 1\n", "a"])
    func `more values than fit into memory are refused before they are read`(part: String) {
        let isJSON = part.hasPrefix("[")
        let parts = Array(repeating: part, count: ManifestLimits.values / 2).joined(separator: isJSON ? "," : "")
        let file = decode(isJSON ? "[\(parts)]" : parts, path: isJSON ? "web.json" : "web.yaml")
        #expect(file.faults.map(\.fault) == (part == "a" ? [] : ["more than 2000000 values in one document"]))
    }

    @Test func `nesting up to the limit is read`() {
        let nested = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
        #expect(decode("a: \(nested)").isUsable)
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["z: *j", "? *j\n: x", "*j : x", "? [*j]\n: x", "[*j]: x"])
    func `aliases of aliases don't multiply`(use: String) {
        var text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for (name, former) in zip("bcdefghij", "abcdefghi") {
            let aliases = Array(repeating: "*\(former)", count: 9).joined(separator: ", ")
            text += "\(name): &\(name) [\(aliases)]\n"
        }
        #expect(decode(text + use).faults.first?.fault == "aliases add more than 10000 values")
    }
}

@Suite struct `Scalars` {
    @Test(arguments: [
        ("", NodeType.null), ("~", .null), ("null", .null), ("Nullable", .string), ("yes", .boolean), ("Off", .boolean),
        ("true", .boolean), ("truth", .string), ("0", .integer), ("-17", .integer), ("0x1F", .integer),
        ("0b12", .string), ("1_000", .integer), ("1.5", .number), ("1e3", .number), ("-.5", .number), ("1.", .number),
        (".", .string), (".inf", .number), ("1.2.3", .string), ("10.0.0.1", .string), ("8m", .string),
        ("12:30", .string),
        ("2001-01-01", .string), ("/", .string), ("+", .string), ("0x", .string), ("e3", .string),
    ])
    func `mean what Kubernetes tools take them for`(text: String, type: NodeType) {
        #expect(NodeType(plain: text) == type)
    }

    @Test func `are strings when quoted`() {
        let root = try? YAMLComposer.compose(Array("a: \"1\"\nb: '2'\nc: |\n  3\nd: !!str 4\ne: !!int 5".utf8)[...])
            .first
        #expect(["a", "b", "c", "d", "e"].map { root?[$0]?.type } == [.string, .string, .string, .string, .integer])
    }
}
