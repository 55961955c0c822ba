import Foundation
import Promises
import Testing

/// Replays the seeds in `Fuzz/http2`, as they are, cut and with bytes changed at random (by a fixed seed).
@Suite struct `Fuzz seeds of HTTP/2` {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz/http2")

    static let seeds: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }()

    @Test func `are there`() { #expect(Self.seeds.count > 20) }

    @Test(arguments: seeds)
    func `give the same requests however they are cut, and each is one request in HTTP/1`(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
        var random = Lottery(seed: UInt64(bytes.count) &+ 7)
        for round in 0..<60 {
            var message = bytes
            if round > 0 {
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    message[Int.random(in: 0..<message.count, using: &random)] = .random(in: 0...255, using: &random)
                }
            }
            let whole = HTTP2Hearing.ofServer([message])
            let bytewise = HTTP2Hearing.ofServer(message.map { [$0] })
            #expect(whole.said == bytewise.said)
            for hearing in [whole, bytewise] { #expect(hearing.broken == nil) }
        }
    }

    @Test(arguments: [
        ("plain", ["1 GET / shop.example"]), ("static-table", ["1 GET / shop.example"]),
        (
            "several",
            ["1 GET /1 shop.example", "3 GET /3 shop.example", "5 GET /5 shop.example", "7 GET /7 shop.example"]
        ),
        ("injection", []), ("injection-path", []), ("injection-name", []), ("host-other", []),
        ("raw-byte-path", []), ("goaway-first", []),
        ("websocket", ["1 GET /chat shop.example"]), ("host-alone", ["1 GET / shop.example"]),
    ])
    func `mean what they say`(name: String, requests: [String]) throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
        #expect(HTTP2Hearing.ofServer([bytes]).said.filter { !$0.contains("ended") } == requests)
    }
}

/// The same numbers in every run (SplitMix64).
private struct Lottery: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
