import Bytes
public import HTTP
public import Model
public import Pattern

/// Decides which requests of an upstream go to another one; see `TrafficSplit`.
///
/// Header, then cookie, then weight: the first that knows an answer. Sessions come before, and are not asked here.
public struct TrafficSplitFilter: Sendable {
    private enum Values: Sendable {
        case alwaysOrNever
        case exactly([UInt8])
        case matching(Pattern)
        case unreadable
    }

    private let header: [UInt8]
    private let values: Values
    private let cookie: [UInt8]
    private let weight: UInt64
    private let total: UInt64

    public init(_ policy: TrafficSplit) throws(FilterError) {
        header = Array((policy.header?.name ?? "").utf8)
        switch policy.header?.values {
        case nil, .alwaysOrNever: values = .alwaysOrNever
        case .unreadable: values = .unreadable
        case .exactly(let value): values = .exactly(Array(value.utf8))
        case .matching(let text):
            do { values = .matching(try Pattern(text)) } catch { throw .badPattern(text, error) }
        }
        cookie = Array((policy.cookie ?? "").utf8)
        total = UInt64(max(policy.total, 1))
        weight = UInt64(max(policy.weight, 0))
    }

    /// Whether a request goes to the other upstream.
    ///
    /// - Parameter draw: 64 random bits, of which the weight takes its share.
    public func takes(_ head: borrowing RequestHead, draw: UInt64, _ scratch: inout PatternScratch) -> Bool {
        if !header.isEmpty, let index = head.headers.firstIndex(named: header.span),
            let answer = judge(head.headers.value(index), &scratch)
        {
            return answer
        }
        if !cookie.isEmpty, let value = head.headers.cookie(named: cookie.span),
            let answer = Self.word(head.headers.bytes(in: value))
        {
            return answer
        }
        return draw.multipliedFullWidth(by: total).high < weight
    }

    /// What the header's value says; nil when nothing. A pattern that takes too long means the main upstream.
    private func judge(_ value: Span<UInt8>, _ scratch: inout PatternScratch) -> Bool? {
        switch values {
        case .alwaysOrNever: return Self.word(value)
        case .unreadable: return false
        case .exactly(let wanted): return value.equals(wanted.span) ? true : nil
        case .matching(let pattern):
            switch pattern.match(value, &scratch) {
            case .match: return true
            case .noMatch: return nil
            case .limitExceeded: return false
            }
        }
    }

    private static func word(_ value: Span<UInt8>) -> Bool? {
        if value.equals("always") { return true }
        if value.equals("never") { return false }
        return nil
    }
}
