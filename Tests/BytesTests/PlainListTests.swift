import Bytes
import Testing

@Suite struct `Plain list` {
    private static func content(_ list: borrowing PlainList<Int>) -> [Int] { (0..<list.count).map { list[$0] } }

    @Test func `keeps what is appended, beyond its first room`() {
        var list = PlainList<Int>(capacity: 2)
        for value in 0..<9 { list.append(value) }
        let content = Self.content(list)
        #expect(content == Array(0..<9))
    }

    @Test(arguments: 0..<4)
    func `closes the gap that an element leaves`(index: Int) {
        var list = PlainList<Int>(capacity: 4)
        var expected = [10, 11, 12, 13]
        for value in expected { list.append(value) }
        list.remove(at: index)
        expected.remove(at: index)
        let content = Self.content(list)
        #expect(content == expected)
    }

    @Test func `forgets what is truncated and writes over it`() {
        var list = PlainList<Int>(capacity: 4)
        for value in 0..<4 { list.append(value) }
        list.truncate(to: 1)
        list.append(7)
        list[0] = 5
        let (content, isEmpty) = (Self.content(list), list.isEmpty)
        #expect(content == [5, 7])
        #expect(!isEmpty)
    }
}
