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

    @Test(.timeLimit(.minutes(10)), arguments: seeds ?? [])
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

    @Test(.timeLimit(.minutes(10)), arguments: seeds ?? [])
    func `never hurts the decoder with bytes changed, lost or doubled`(seed: String) throws {
        let bytes = Array(try Data(contentsOf: Self.folder.appending(path: seed)))
        guard !bytes.isEmpty, bytes.count < 20_000 else { return }
        let telling = Array("{}[]&*!|>'\"%@`,?:-#\n\t \0\u{85}".utf8)
        var state: UInt64 = 0x5EED
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let decoder = ManifestDecoder()
        for _ in 0..<50 {
            var mutant = bytes
            for _ in 0...next(4) where !mutant.isEmpty {
                let place = next(mutant.count)
                switch next(4) {
                case 0: mutant[place] = UInt8(next(256))
                case 1: mutant[place] = telling[next(telling.count)]
                case 2: mutant.remove(at: place)
                default: mutant.insert(contentsOf: mutant[place..<min(place + 40, mutant.count)], at: place)
                }
            }
            for diagnostic in decoder.decode(mutant, path: seed).diagnostics { #expect(diagnostic.line >= 0) }
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: seeds ?? [])
    func `reads the same from an object of JSON as from YAML`(seed: String) throws {
        guard seed.hasSuffix(".json") else { return }
        let bytes = Array(try Data(contentsOf: Self.folder.appending(path: seed)))
        let strict = ManifestDecoder().decode(bytes, path: "a.json")
        guard strict.isUsable else { return }
        let lenient = ManifestDecoder().decode(bytes, path: "a.yaml")
        #expect(strict.references == lenient.references)
    }
}
