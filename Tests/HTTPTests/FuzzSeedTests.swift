import Bytes
import Foundation
import HTTP
import TestSupport
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
