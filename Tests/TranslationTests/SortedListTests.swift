import Testing
import Translation

@Suite struct `Sorted list` {
    @Test func `agrees with a sorted dictionary after any changes`() {
        var list = SortedList<Int, Int>()
        var dictionary: [Int: Int] = [:]
        var state: UInt32 = 7
        func roll(_ sides: Int) -> Int {
            state = state &* 1_664_525 &+ 1_013_904_223
            return Int(state >> 8) % sides
        }
        for round in 0..<300 {
            var changes: [Int: Int?] = [:]
            for _ in 0..<roll(6) { changes[roll(30)] = .some(roll(3) == 0 ? nil : round) }
            list.apply(changes)
            for (key, value) in changes { dictionary[key] = value }
            #expect(list.keys == dictionary.keys.sorted())
            #expect(list.values == dictionary.sorted { $0.key < $1.key }.map(\.value))
            for key in 0..<30 { #expect(list.index(of: key) == list.keys.firstIndex(of: key)) }
        }
    }
}
