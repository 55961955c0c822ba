import TestSupport
import Testing

@testable import Filters

@Suite struct `A text automaton` {
    /// Where which texts end, in order.
    private func endings(_ texts: [String], in text: String) -> [String] {
        let automaton = TextAutomaton(texts.map { Array($0.utf8) })
        let none = [Bool](repeating: false, count: texts.count)
        var state = automaton.start
        var found: [String] = []
        for (index, byte) in text.utf8.enumerated() {
            state = automaton.step(state, byte)
            #expect(automaton.ends(state) == (automaton.ending(state, leavingOut: none) != nil))
            if let number = automaton.ending(state, leavingOut: none) { found.append("\(texts[number])@\(index)") }
        }
        return found
    }

    @Test(arguments: [
        (["he", "she", "his", "hers"], "USHERS", ["she@3", "hers@5"]), (["a"], "banana", ["a@1", "a@3", "a@5"]),
        (["aab"], "aaab", ["aab@3"]), (["abcd", "bc"], "abcd", ["bc@2", "abcd@3"]), (["x"], "yyy", []),
        (["Ä"], "Ä", ["Ä@1"]), (["ab", "AB"], "ab", ["ab@1"]),
    ])
    func `finds the longest text that ends at each byte`(texts: [String], text: String, expected: [String]) {
        #expect(endings(texts, in: text) == expected)
    }

    @Test func `finds a shorter text where the longer is left out`() {
        let automaton = TextAutomaton(["abc", "bc", "c"].map { Array($0.utf8) })
        let state = "abc".utf8.reduce(automaton.start) { automaton.step($0, $1) }
        #expect(automaton.ending(state, leavingOut: [false, false, false]) == 0)
        #expect(automaton.ending(state, leavingOut: [true, false, false]) == 1)
        #expect(automaton.ending(state, leavingOut: [true, true, false]) == 2)
        #expect(automaton.ending(state, leavingOut: [true, true, true]) == nil)
        #expect(automaton.depth(state) == 3 && automaton.isLeaf(state))
    }

    @Test(arguments: 0..<20)
    func `agrees with a search for each text by itself`(seed: UInt64) {
        var number = seed &* 2_654_435_761 &+ 88_172_645_463_325_252
        func random(_ limit: Int) -> Int {
            number ^= number << 13
            number ^= number >> 7
            number ^= number << 17
            return Int(number % UInt64(limit))
        }
        func word(_ length: Int) -> [UInt8] { (0..<length).map { _ in UInt8(ascii: "a") + UInt8(random(3)) } }
        let texts = (0..<5).map { _ in word(1 + random(4)) }
        let text = word(200)
        let automaton = TextAutomaton(texts)
        var state = automaton.start
        for end in text.indices {
            state = automaton.step(state, text[end])
            let longest = texts.filter { text[...end].suffix($0.count).elementsEqual($0) }.map(\.count).max()
            let found = automaton.ending(state, leavingOut: [Bool](repeating: false, count: 5))
            #expect(found.map { texts[$0].count } == longest)
        }
    }
}
