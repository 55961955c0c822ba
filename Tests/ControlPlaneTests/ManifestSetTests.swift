import Kubernetes
import Testing

@testable import ControlPlane

@Suite struct `Manifest set` {
    private var manifests = ManifestSet()
    private let decoder = ManifestDecoder()

    private mutating func put(_ text: String, at path: String = "a.yaml") {
        manifests.put(decoder.decode(Array(text.utf8), path: path, reusing: manifests.file(at: path)))
    }

    private static func map(_ name: String, _ value: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {v: \(value)}\n"
    }

    private func value(_ name: String) -> String? { manifests.store.configMaps["default", name]?["v"] }

    private var messages: [String] { manifests.diagnostics.map(\.description) }

    @Test mutating func `follows changes and removals of files`() {
        put(Self.map("x", "one") + "---\n" + Self.map("y", "one"))
        put(Self.map("x", "two"))
        #expect(value("x") == "two")
        #expect(value("y") == nil)
        manifests.remove("a.yaml")
        #expect(manifests.store.count == 0)
    }

    @Test mutating func `keeps the objects of a file that no longer parses`() {
        put(Self.map("x", "one"))
        put("a: [")
        #expect(value("x") == "one")
        #expect(
            messages == [
                "a.yaml:2:1: did not find expected node content (its last good version stays in use); "
                    + "close the bracket, or quote the value"
            ])
        put(Self.map("x", "two"))
        #expect(value("x") == "two")
        #expect(messages.isEmpty)
    }

    @Test mutating func `keeps the last good version of a rejected object alone`() {
        put(Self.map("x", "one") + "---\n" + Self.map("y", "one"))
        put(Self.map("x", "3") + "---\n" + Self.map("y", "two"))
        #expect(value("x") == "one")
        #expect(value("y") == "two")
        #expect(
            messages == [
                "a.yaml:4: ConfigMap default/x: data.v: expected a string, got an integer 3; quote the value",
                "a.yaml: ConfigMap default/x: the last good version of this object stays in use",
            ])
        put(Self.map("x", "4"))
        #expect(value("x") == "one")
        put("")
        #expect(value("x") == nil)
        put(Self.map("x", "5"))
        #expect(value("x") == nil)
    }

    @Test mutating func `takes an object that several files define from the last of them`() {
        put(Self.map("x", "b"), at: "b.yaml")
        put(Self.map("x", "a"), at: "a.yaml")
        #expect(value("x") == "b")
        #expect(
            messages == [
                "a.yaml:1: ConfigMap default/x: defined again at b.yaml:1, which is the one that counts; "
                    + "remove one of them"
            ])
        manifests.remove("b.yaml")
        #expect(value("x") == "a")
        #expect(messages.isEmpty)
    }

    @Test mutating func `warns of an object that one file defines twice`() {
        put(Self.map("x", "one") + "---\n" + Self.map("x", "two"))
        #expect(value("x") == "two")
        #expect(messages.count == 1)
        put(Self.map("x", "two"))
        #expect(messages.isEmpty)
    }

    @Test mutating func `moves objects with their lines without touching the others`() {
        put(Self.map("x", "one") + "---\n" + Self.map("y", "one"))
        let revision = manifests.store.configMaps.revision
        put(Self.map("x", "one") + "---\n" + Self.map("y", "one"))
        #expect(manifests.store.configMaps.revision == revision)
        put("# longer\n" + Self.map("x", "one") + "---\n" + Self.map("y", "one"))
        #expect(manifests.store.configMaps["default", "y"]?.metadata.source.firstLine == 7)
    }

    @Test func `reads what paths lead to`() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.map("x", "one"), to: "x.yaml")
        let manifests = await ManifestLoader.manifests(in: [folder.path, folder["missing.yaml"]])
        #expect(manifests.store.configMaps.count == 1)
        #expect(
            manifests.diagnostics.map(\.description)
                == ["\(folder["missing.yaml"]): can't be read: No such file or directory"])
    }

    @Test func `reads many files at once`() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<300 { try folder.write(Self.map("n\(number)", "x"), to: "\(number).yaml") }
        let manifests = await ManifestLoader.manifests(in: [folder.path])
        #expect(manifests.store.configMaps.count == 300)
    }
}
