import Bytes

/// Finds any of several texts in bytes that come piece by piece, in any ASCII case and in one step a byte, however the
/// texts overlap (Aho and Corasick, 1975).
///
/// A state stands for the longest end of the bytes so far with which a text begins.
public struct TextAutomaton: Sendable {
    /// A state, from `start` on.
    public typealias State = Int

    public let start: State = 0
    /// Bytes that are the same to every text share a class; 0 is that of bytes in no text.
    private let classes: [UInt8]
    private let classCount: Int
    private var successors: [UInt16] = []
    private var depths: [UInt16] = []
    /// For each state the longest text that ends there, and the state of its longest end at which another one ends.
    private var endings: [Int16] = []
    private var shorter: [UInt16] = []
    /// States in which no text can go on.
    private var leaves: [Bool] = []

    /// - Parameter texts: not empty, and together of fewer than 65,535 bytes.
    public init(_ texts: [[UInt8]]) {
        var classes = [UInt8](repeating: 0, count: 256)
        var classCount = 1
        for byte in texts.joined().map(\.lowercased) where classes[Int(byte)] == 0 && classCount < 256 {
            classes[Int(byte)] = UInt8(classCount)
            classCount += 1
        }
        for upper in UInt8(ascii: "A")...UInt8(ascii: "Z") { classes[Int(upper)] = classes[Int(upper.lowercased)] }
        self.classes = classes
        self.classCount = classCount
        addState(depth: 0)
        for (number, text) in texts.enumerated() { add(text, number) }
        close()
    }

    private mutating func addState(depth: Int) {
        successors += [UInt16](repeating: 0, count: classCount)
        depths.append(UInt16(depth))
        endings.append(-1)
        shorter.append(0)
        leaves.append(true)
    }

    private mutating func add(_ text: [UInt8], _ number: Int) {
        var state = 0
        for byte in text {
            let place = state * classCount + Int(classes[Int(byte.lowercased)])
            if successors[place] == 0 {
                successors[place] = UInt16(depths.count)
                leaves[state] = false
                addState(depth: Int(depths[state]) + 1)
            }
            state = Int(successors[place])
        }
        // Of two equal texts the first counts.
        if endings[state] < 0 { endings[state] = Int16(number) }
    }

    /// Makes a step of every missing one: the step of the longest end that has it.
    private mutating func close() {
        var fallbacks = [Int](repeating: 0, count: depths.count)
        var queue = [0]
        var next = 0
        while next < queue.count {
            let state = queue[next]
            next += 1
            for letter in 0..<classCount {
                let place = state * classCount + letter
                let successor = Int(successors[place])
                let fallback = state == 0 ? 0 : Int(successors[fallbacks[state] * classCount + letter])
                if successor == 0 || depths[successor] != depths[state] + 1 {
                    successors[place] = UInt16(fallback)
                    continue
                }
                fallbacks[successor] = fallback
                shorter[successor] = endings[fallback] >= 0 ? UInt16(fallback) : shorter[fallback]
                queue.append(successor)
            }
        }
    }

    /// The state behind one more byte.
    public func step(_ state: State, _ byte: UInt8) -> State {
        Int(successors[state &* classCount &+ Int(classes[Int(byte)])])
    }

    /// How many of the last bytes may begin a text.
    public func depth(_ state: State) -> Int { Int(depths[state]) }

    /// No text goes on from here, so that what ended has ended for good.
    public func isLeaf(_ state: State) -> Bool { leaves[state] }

    /// Whether a text ends here.
    public func ends(_ state: State) -> Bool { endings[state] >= 0 || shorter[state] != 0 }

    /// The longest text that ends here and isn't left out, or nil.
    ///
    /// - Parameter leftOut: for each text.
    public func ending(_ state: State, leavingOut leftOut: [Bool]) -> Int? {
        var state = state
        while true {
            let number = Int(endings[state])
            if number >= 0, !leftOut[number] { return number }
            state = Int(shorter[state])
            if state == 0 { return nil }
        }
    }
}
