import Bytes
import HTTP
import Testing

@testable import Filters

@Suite struct `The depth of a request` {
    private let ours = OwnRequestDepth(word: (0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210))
    private let others = OwnRequestDepth(word: (1, 2))
    private static let word = "0123456789abcdeffedcba9876543210"
    private static let otherWord = "00000000000000010000000000000002"

    /// The lines that a request carries which is made for the sake of one with these.
    private func marks(_ depth: OwnRequestDepth, below lines: [String]) -> [String] {
        var buffer = ByteBuffer(capacity: 4096)
        depth.append(below: Given.head("/", lines), to: &buffer)
        return String(decoding: buffer.readable.copied(), as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test(arguments: [
        ([], 0), (["X-Gatehouse-Depth: \(word)-1"], 1), (["x-gatehouse-depth: \(word)-2"], 2),
        (["X-Gatehouse-Depth: \(word)-1", "X-Gatehouse-Depth: \(word)-2"], 2),
        (["X-Gatehouse-Depth: \(word)-9"], 3), (["X-Gatehouse-Depth: \(word)-x"], 3),
        (["X-Gatehouse-Depth: \(word)-"], 0), (["X-Gatehouse-Depth: \(word)"], 0),
        (["X-Gatehouse-Depth: \(otherWord)-2"], 0), (["X-Gatehouse-Depth: 2"], 0), (["X-Gatehouse-Depth: -2"], 0),
        (["X-Gatehouse-Depth: x", "X-Gatehouse-Depth: \(word)-1"], 1),
    ])
    func `is what a mark of this process says`(lines: [String], depth: Int) {
        let found = ours.of(Given.head("/", lines))
        #expect(found == depth)
    }

    @Test func `is written one deeper, once, beside the marks of other processes and of nobody else`() {
        let line = "X-Gatehouse-Depth: \(Self.word)"
        let other = "X-Gatehouse-Depth: \(Self.otherWord)-1"
        #expect(marks(ours, below: []) == ["\(line)-1"])
        #expect(marks(ours, below: ["\(line)-1", "X-Gatehouse-Depth: evil"]) == ["\(line)-2"])
        #expect(marks(ours, below: [other]) == ["\(line)-1", other])
    }

    @Test func `ends a circle through several processes`() {
        var lines: [String] = []
        var turns = 0
        while ours.allowsQuestion(about: Given.head("/", lines)) {
            lines = marks(others, below: marks(ours, below: lines))
            turns += 1
        }
        #expect(turns == OwnRequestDepth.limit)
        #expect(lines.count == 2)
        let allowsCopy = ours.allowsCopy(of: Given.head("/", lines))
        #expect(!allowsCopy)
    }

    @Test func `is of another word in each process`() {
        #expect(marks(OwnRequestDepth(), below: []) != marks(OwnRequestDepth(), below: []))
    }
}
