import Bytes
import Foundation
import HTTP
import Testing

/// Replays the seeds in `Fuzz/`, as they are and with bytes changed at random (by a fixed seed, so that
/// every run is the same), and demands of the parsers what must hold for any bytes at all.
@Suite struct `Fuzz seeds` {
    private static let mutations = 300

    @Test(arguments: seeds(in: "request-head"))
    func `of request heads have one verdict however they are cut`(seed: Seed) {
        for message in seed.variations(Self.mutations) {
            let whole = requestVerdict(message)
            #expect(requestVerdict(message, cutAt: Array(0..<message.count)) == whole)
            for cut in seed.cuts(of: message) { #expect(requestVerdict(message, cutAt: [cut]) == whole) }
        }
    }

    @Test(arguments: seeds(in: "request-head"))
    func `of request heads are understood the same when they are sent on`(seed: Seed) throws {
        for message in seed.variations(Self.mutations) {
            var parser = RequestHeadParser()
            var head = RequestHead()
            guard (try? parser.parse(message.span, into: &head)) ?? nil != nil else { continue }
            let first = SeenRequest(head, length: 0)
            var buffer = ByteBuffer(capacity: 1 << 16)
            buffer.appendRequestLine(method: head.methodBytes, target: head.originTarget)
            buffer.appendFields(head.headers, except: [])
            buffer.appendHeadEnd()
            guard head.method != .connect, head.version == .http11 else { continue }
            #expect(try parser.parse(buffer.readable, into: &head) == buffer.count)
            let second = SeenRequest(head, length: 0)
            #expect(second.fields == first.forwarded)
            #expect(second.normalPath == first.normalPath && second.query == first.query)
            #expect(second.hostName == first.hostName && second.methodName == first.methodName)
        }
    }

    @Test(arguments: seeds(in: "response-head"))
    func `of response heads have one verdict however they are cut`(seed: Seed) {
        for message in seed.variations(Self.mutations) {
            let whole = responseVerdict(message)
            #expect(responseVerdict(message, cutAt: Array(0..<message.count)) == whole)
            for cut in seed.cuts(of: message) { #expect(responseVerdict(message, cutAt: [cut]) == whole) }
        }
    }

    @Test(arguments: seeds(in: "chunked"))
    func `of chunked bodies have one verdict however they are cut`(seed: Seed) {
        for message in seed.variations(Self.mutations) {
            let whole = chunkedVerdict(message).comparable
            #expect(chunkedVerdict(message, cutAt: Array(0..<message.count)).comparable == whole)
            for cut in seed.cuts(of: message) { #expect(chunkedVerdict(message, cutAt: [cut]).comparable == whole) }
        }
    }

    @Test(arguments: seeds(in: "target"))
    func `of targets reach a normal form that stays when it is sent`(seed: Seed) throws {
        for message in seed.variations(Self.mutations) {
            let head = bytes("GET ") + message + bytes(" HTTP/1.1\r\nHost: a\r\n\r\n")
            var parser = RequestHeadParser()
            var seen = RequestHead()
            guard (try? parser.parse(head.span, into: &seen)) ?? nil != nil else { continue }
            let path = seen.normalPath.copied()
            #expect(path.first == .slash && !path.contains(0))
            let segments = path.split(separator: .slash, omittingEmptySubsequences: false)
            #expect(!segments.contains([.dot]) && !segments.contains([.dot, .dot]))
            #expect(!segments.dropFirst().dropLast().contains([]))
            guard !path.contains(.backslash) else { continue }
            var storage = ByteStorage(capacity: 64)
            storage.appendEscaped(path: path.span)
            let again = try PathNormalizer.normalize(0..<storage.count, in: &storage)
            #expect(storage.bytes(in: again).copied() == path)
        }
    }
}

extension Verdict {
    /// Without what depends on how much of the bytes behind the body has arrived.
    fileprivate var comparable: String {
        switch self {
        case .accepted(let summary):
            summary.lastIndex(of: "+").map { String(summary[..<$0].dropLast()) } ?? summary
        case .refused(let error): error.reason.description
        case .unfinished: "unfinished"
        }
    }
}

struct Seed: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: [UInt8]

    var testDescription: String { name }

    /// The seed itself and `count` mutations of it.
    func variations(_ count: Int) -> [[UInt8]] {
        var random = SplitMix(state: bytes.reduce(0) { $0 &* 31 &+ UInt64($1) })
        return [bytes] + (0..<count).map { _ in mutated(&random) }
    }

    /// Some places to cut a message at.
    func cuts(of message: [UInt8]) -> [Int] {
        var random = SplitMix(state: UInt64(message.count))
        return (0..<3).map { _ in Int(random.next() % UInt64(max(message.count, 1))) }
    }

    private func mutated(_ random: inout SplitMix) -> [UInt8] {
        let interesting = Array("\r\n\t :;,/.%?#\\\"\0\u{7F}_-=0aA1".utf8) + [0x80, 0xFF]
        var message = bytes
        for _ in 0...random.next() % 3 where !message.isEmpty {
            let place = Int(random.next() % UInt64(message.count))
            let byte = interesting[Int(random.next() % UInt64(interesting.count))]
            switch random.next() % 4 {
            case 0: message[place] = byte
            case 1: message.insert(byte, at: place)
            case 2: message.remove(at: place)
            default: message.insert(contentsOf: message[place...].prefix(8), at: place)
            }
        }
        return message
    }
}

/// Repeatable random numbers.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// The files of a folder of `Fuzz/`.
func seeds(in folder: String, file: StaticString = #filePath) -> [Seed] {
    let root = URL(fileURLWithPath: file.description).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let directory = root.appendingPathComponent("Fuzz").appendingPathComponent(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    precondition(!names.isEmpty, "no seeds in \(directory.path)")
    return names.sorted().map { name in
        let data = try? Data(contentsOf: directory.appendingPathComponent(name))
        return Seed(name: name, bytes: data.map { [UInt8]($0) } ?? [])
    }
}
