import Foundation
import Testing

@testable import Kubernetes

/// Replays the seeds of the manifest fuzzer.
@Suite struct `Manifest corpus` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fuzz/yaml").standardizedFileURL
    static let seeds = try? FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()

    @Test func `has seeds`() {
        #expect((Self.seeds ?? []).count > 30)
    }

    @Test(.timeLimit(.minutes(1)), arguments: seeds ?? [])
    func `never hurts the decoder, whole or cut short`(seed: String) throws {
        let bytes = Array(try Data(contentsOf: Self.folder.appending(path: seed)))
        let decoder = ManifestDecoder()
        let whole = decoder.decode(bytes, path: seed)
        for diagnostic in whole.diagnostics { #expect(diagnostic.line >= 0) }
        let step = max(1, bytes.count / 64)
        for end in stride(from: 0, to: bytes.count, by: step) {
            _ = decoder.decode(Array(bytes[..<end]), path: seed, reusing: whole)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: seeds ?? [])
    func `reads the same from an object of JSON as from YAML`(seed: String) throws {
        guard seed.hasSuffix(".json") else { return }
        let bytes = Array(try Data(contentsOf: Self.folder.appending(path: seed)))
        let strict = ManifestDecoder().decode(bytes, path: "a.json")
        guard strict.isUsable else { return }
        let lenient = ManifestDecoder().decode(bytes, path: "a.yaml")
        #expect(strict.references == lenient.references)
    }
}
