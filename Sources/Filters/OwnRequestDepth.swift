import Bytes
public import HTTP

/// How often a request has been made by this proxy for the sake of another: what keeps a question about a question, or
/// a copy of a copy, from going on for ever when a service that is asked is served here too.
///
/// The field's value is a word that this process alone knows, and the depth: what a client makes up means nothing, so
/// that nobody steers a policy with it. Proxies of other words pass each other's marks on, so that a circle through
/// several of them comes to an end at the first that meets its own.
public struct OwnRequestDepth: Sendable {
    /// The mark of this process.
    public static let ofThisProcess = OwnRequestDepth()

    static let name = "X-Gatehouse-Depth"
    /// Requests with more get no question of their own.
    static let limit = 3
    /// Bytes of this process's line at most.
    static let lineBound = 64

    private static let nameBytes = Array(name.utf8)
    /// 32 hexadecimal digits and a hyphen.
    private let word: [UInt8]

    init() {
        var generator = SystemRandomNumberGenerator()
        self.init(word: (generator.next(), generator.next()))
    }

    /// With a word that a test knows.
    init(word: (UInt64, UInt64)) {
        self.word = Self.digits(of: word.0) + Self.digits(of: word.1) + [.hyphen]
    }

    private static func digits(of word: UInt64) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: 60, through: 0, by: -4).map { digits[Int(word >> UInt64($0) & 15)] }
    }

    /// The depth that the request has reached here; 0 is a client's own.
    func of(_ head: borrowing RequestHead) -> Int {
        var depth = 0
        var next = head.headers.firstIndex(named: Self.nameBytes.span)
        while let index = next {
            depth = max(depth, self.depth(head.headers.value(index)))
            next = head.headers.firstIndex(named: Self.nameBytes.span, from: index + 1)
        }
        return depth
    }

    /// The depth that a mark tells; 0 when it is another's, or none.
    private func depth(_ mark: Span<UInt8>) -> Int {
        guard mark.count > word.count, mark.extracting(first: word.count).equals(word.span) else { return 0 }
        return min(mark.extracting(word.count..<mark.count).decimalValue ?? Self.limit, Self.limit)
    }

    /// Whether a question about the request may be asked.
    func allowsQuestion(about head: borrowing RequestHead) -> Bool { of(head) < Self.limit }

    /// Whether the request is a client's own, so that it may be copied.
    public func allowsCopy(of head: borrowing RequestHead) -> Bool { of(head) == 0 }

    /// Appends the marks for a request that is made for the sake of this one: its own, one deeper, and those of others.
    /// Needs `lineBound` bytes beside what the request's fields take.
    func append(below head: borrowing RequestHead, to buffer: inout ByteBuffer) {
        buffer.append("X-Gatehouse-Depth: ")
        buffer.append(word.span)
        buffer.append(decimal: of(head) + 1)
        buffer.append("\r\n")
        var next = head.headers.firstIndex(named: Self.nameBytes.span)
        while let index = next {
            let mark = head.headers.value(index)
            if Self.isMark(mark), depth(mark) == 0 {
                buffer.append("X-Gatehouse-Depth: ")
                buffer.append(mark)
                buffer.append("\r\n")
            }
            next = head.headers.firstIndex(named: Self.nameBytes.span, from: index + 1)
        }
    }

    /// Whether it has the form of a mark, whoever made it.
    private static func isMark(_ value: Span<UInt8>) -> Bool {
        guard (34...36).contains(value.count), value[32] == .hyphen else { return false }
        for index in 0..<32 where value[index].hexValue == nil { return false }
        for index in 33..<value.count where !value[index].isDigit { return false }
        return true
    }
}
