public import Bytes
public import HTTP

/// What an authentication service said: kept with the request that it is about, and in the worker's cache.
public final class AuthAnswer {
    /// Filled in by whoever asked.
    public var head = ResponseHead()

    public init() {}

    public var status: Status { head.status }

    /// Most bytes of a head that are kept in a cache.
    public static let keptBytes = 16 << 10

    /// How long the answer itself allows it to be kept for other requests: what is bounded by `Cache-Control` counts,
    /// and an answer that sets a cookie, or depends on fields that nobody compares, is for one request alone.
    public var freshnessSeconds: Int { Self.freshness(of: head) }

    private static func freshness(of head: borrowing ResponseHead) -> Int {
        guard !head.headers.contains(.setCookie), head.headers.encodedLength <= keptBytes, !varies(head.headers) else {
            return 0
        }
        var limit = Int.max
        var next = 0
        while let index = head.headers.firstIndex(of: .cacheControl, from: next) {
            next = index + 1
            limit = min(limit, freshness(by: head.headers.value(index)))
        }
        return limit
    }

    /// `Vary` may name what the proxy and the service agree upon in any case; anything else may tell clients apart.
    private static func varies(_ headers: borrowing HeaderBlock) -> Bool {
        var next = 0
        while let index = headers.firstIndex(of: .vary, from: next) {
            next = index + 1
            let value = headers.value(index)
            for element in elements(of: value) where !value.extracting(element).equalsFoldingCase("accept-encoding") {
                return true
            }
        }
        return false
    }

    private static func freshness(by directives: Span<UInt8>) -> Int {
        for element in elements(of: directives) {
            let directive = directives.extracting(element)
            if directive.equalsFoldingCase("no-store") || directive.startsFoldingCase("no-cache")
                || directive.startsFoldingCase("private")
            {
                return 0
            }
            if directive.startsFoldingCase("max-age=") {
                return directive.extracting(8..<directive.count).decimalValue ?? 0
            }
        }
        return .max
    }

    /// The elements of a list, without blanks around them.
    private static func elements(of list: Span<UInt8>) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = 0
        while start < list.count {
            let end = list.firstIndex(of: .comma, from: start) ?? list.count
            let trimmed = list.extracting(start..<end).trimmed
            if !trimmed.isEmpty { found.append(start + trimmed.lowerBound..<start + trimmed.upperBound) }
            start = end + 1
        }
        return found
    }
}

extension AuthAnswer {
    /// Bytes that the fields of a name need at most, however they are written.
    public var bound: Int { head.headers.encodedLength }

    /// Appends the fields of a known name as they are. Needs `bound` bytes.
    public func append(_ id: HeaderID, to buffer: inout ByteBuffer) {
        Self.append(id, of: head.headers, to: &buffer)
    }

    /// Whether there is a field of a known name.
    public func contains(_ id: HeaderID) -> Bool { head.headers.contains(id) }

    private static func append(_ id: HeaderID, of headers: borrowing HeaderBlock, to buffer: inout ByteBuffer) {
        var next = headers.firstIndex(of: id)
        while let index = next {
            buffer.appendField(id, headers.value(index))
            next = headers.firstIndex(of: id, from: index + 1)
        }
    }

    /// Appends all values of a name as one field, as nginx joins them; nothing when there is none.
    func append(named name: Span<UInt8>, to buffer: inout ByteBuffer) {
        Self.append(named: name, of: head.headers, to: &buffer)
    }

    private static func append(named name: Span<UInt8>, of headers: borrowing HeaderBlock, to buffer: inout ByteBuffer)
    {
        guard let first = headers.firstIndex(named: name) else { return }
        buffer.append(name)
        buffer.append(": ")
        buffer.append(headers.value(first))
        var next = headers.firstIndex(named: name, from: first + 1)
        while let index = next {
            buffer.append(", ")
            buffer.append(headers.value(index))
            next = headers.firstIndex(named: name, from: index + 1)
        }
        buffer.append("\r\n")
    }
}
