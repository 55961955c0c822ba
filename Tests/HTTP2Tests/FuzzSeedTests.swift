import Bytes
import Foundation
import HTTP
import HTTP2
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
            let whole = heard([message])
            let bytewise = heard(message.map { [$0] })
            #expect(whole == bytewise)
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
        #expect(heard([bytes]) == requests)
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

/// What a server hears of a client that says this.
private func heard(_ pieces: [[UInt8]]) -> [String] {
    var conversation = Conversation()
    return conversation.hear(pieces)
}

/// A server that hears a client out.
private struct Conversation: ~Copyable {
    private let session: HTTP2Session
    private var buffers = BufferPool(bufferCapacity: 16 << 10, keepingAtMost: 8)
    private var requests: [String] = []

    init() { session = HTTP2Session(.server, .init(), pool: HTTP2StreamPool(.server)) }

    mutating func hear(_ pieces: [[UInt8]]) -> [String] {
        receive(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        for piece in pieces { receive(piece) }
        session.recycleAll(&buffers)
        let outstanding = buffers.outstanding
        #expect(outstanding == 0)
        return requests.sorted()
    }

    private mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span, now: 0, &buffers)
        while let (state, signals) = session.nextSignalled() {
            if signals.contains(.head), state.fault == nil {
                requests.append("\(state.id) \(Self.summary(of: state.request))")
            }
            state.input.clear()
            session.consume(state)
            if signals.contains(.closed) { session.recycle(state, &buffers) }
        }
    }

    private static func summary(of head: borrowing RequestHead) -> String {
        if head.method != .connect { checkAsHTTP1(head) }
        return [Array(head.methodBytes), Array(head.originTarget), Array(head.hostName)]
            .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }

    /// What goes to an origin is one request with the same fields: nothing was smuggled in.
    private static func checkAsHTTP1(_ head: borrowing RequestHead) {
        var text = ByteBuffer(capacity: 1 << 18)
        text.appendRequestLine(method: head.methodBytes, target: head.originTarget)
        text.appendFields(head.headers, except: [])
        text.appendHeadEnd()
        var parser = RequestHeadParser(
            limits: HeadLimits(
                startLineBytes: 1 << 17, fieldLineBytes: 65_535, totalFieldBytes: 1 << 17, fieldCount: 1000),
            underscores: .ignore)
        var again = RequestHead()
        let length = try? parser.parse(text.readable, into: &again)
        let count = text.count
        #expect(length == count)
        let kept = (0..<head.headers.count).count { !head.headers[$0].isHopByHop }
        let found = again.headers.count
        #expect(found == kept)
        let isSamePath = again.normalPath.equals(head.normalPath)
        #expect(isSamePath)
    }
}
