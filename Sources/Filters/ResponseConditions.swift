import Bytes
public import HTTP

/// What a request asks of a response that is there whole: only if it has changed, or only a part of it
/// (RFC 9110 §13, §14; RFC 9111 §4.3.2).
public enum ResponseConditions {
    /// Conditions that only the origin can judge.
    public static let forOrigin: HeaderIDSet = [.ifMatch, .ifUnmodifiedSince]
    /// What is kept from the origin when its response is to answer others too.
    public static let withheld: HeaderIDSet = [.ifNoneMatch, .ifModifiedSince, .range, .ifRange]

    /// Whether the client has the response already.
    ///
    /// - Parameter count: fields of the request that are the client's own; those behind them are ours.
    public static func isUnchanged(
        _ response: borrowing ResponseHead, for request: borrowing RequestHead, first count: Int, now: Int
    ) -> Bool {
        guard response.status == .ok else { return false }
        if let first = request.headers.firstIndex(of: .ifNoneMatch), first < count {
            guard let tag = response.headers.firstIndex(of: .etag) else { return false }
            var next: Int? = first
            while let index = next, index < count {
                if names(response.headers.value(tag), request.headers.value(index)) { return true }
                next = request.headers.firstIndex(of: .ifNoneMatch, from: index + 1)
            }
            return false
        }
        guard let index = request.headers.firstIndex(of: .ifModifiedSince), index < count,
            let known = HTTPDate.seconds(request.headers.value(index), now: now),
            let field = response.headers.firstIndex(of: .lastModified),
            let changed = HTTPDate.seconds(response.headers.value(field), now: now)
        else { return false }
        return changed <= known
    }

    /// Whether a list of entity tags holds one, by the weak comparison (RFC 9110 §8.8.3.2), or is `*`.
    static func names(_ tag: Span<UInt8>, _ list: Span<UInt8>) -> Bool {
        let wanted = opaque(tag)
        var start = 0
        var isQuoted = false
        for index in 0...list.count {
            if index < list.count, list[index] == .quotationMark { isQuoted.toggle() }
            guard index == list.count || (list[index] == .comma && !isQuoted) else { continue }
            let element = list.extracting(start..<index)
            let given = element.extracting(element.trimmed)
            if given.equals("*") || (!given.isEmpty && opaque(given).equals(wanted)) { return true }
            start = index + 1
        }
        return false
    }

    @_lifetime(copy tag)
    private static func opaque(_ tag: Span<UInt8>) -> Span<UInt8> {
        tag.starts(with: "W/") ? tag.extracting(2..<tag.count) : tag
    }

    /// Which bytes of a response are asked for.
    public enum Part: Sendable, Equatable {
        case all
        case bytes(Range<Int>)
        /// None of those that are asked for exist.
        case none
    }

    /// One range is honoured; what asks for more of them, or isn't understood, gets all.
    ///
    /// - Parameters:
    ///   - length: of the whole content.
    ///   - count: fields of the request that are the client's own.
    public static func part(
        of response: borrowing ResponseHead, length: Int, for request: borrowing RequestHead, first count: Int
    ) -> Part {
        guard response.status == .ok, request.method == .get, let index = request.headers.firstIndex(of: .range),
            index < count, request.headers.firstIndex(of: .range, from: index + 1) == nil,
            isStill(response.headers, asIn: request.headers, first: count)
        else { return .all }
        return part(request.headers.value(index), of: length)
    }

    /// `If-Range` holds, or there is none: by the strong comparison, or the very same date.
    private static func isStill(
        _ response: borrowing HeaderBlock, asIn request: borrowing HeaderBlock, first count: Int
    ) -> Bool {
        guard let index = request.firstIndex(of: .ifRange), index < count else { return true }
        let given = request.value(index)
        let isTag = !given.isEmpty && given[0] == .quotationMark
        guard let field = response.firstIndex(of: isTag ? .etag : .lastModified) else { return false }
        return response.value(field).equals(given)
    }

    static func part(_ range: Span<UInt8>, of length: Int) -> Part {
        guard range.startsFoldingCase("bytes=") else { return .all }
        let untrimmed = range.extracting(6..<range.count)
        let text = untrimmed.extracting(untrimmed.trimmed)
        guard let hyphen = text.firstIndex(of: .hyphen) else { return .all }
        let (head, tail) = (text.extracting(0..<hyphen), text.extracting(hyphen + 1..<text.count))
        if head.isEmpty {
            guard let count = tail.decimalValue else { return .all }
            return count == 0 || length == 0 ? .none : .bytes(max(length - count, 0)..<length)
        }
        guard let start = head.decimalValue else { return .all }
        var end = length
        if !tail.isEmpty {
            guard let last = tail.decimalValue, last >= start else { return .all }
            end = last >= length ? length : last + 1
        }
        return start < length ? .bytes(start..<end) : .none
    }
}
