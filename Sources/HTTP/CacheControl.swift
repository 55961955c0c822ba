import Bytes

/// What `Cache-Control` says to a cache that many clients share (RFC 9111 §5.2), all lines of a message together.
///
/// A directive with the names of fields counts as the one without, and a time that is none as zero: who misreads keeps
/// less.
public struct CacheControl: Sendable, Equatable {
    public private(set) var noStore = false
    public private(set) var noCache = false
    public private(set) var isPrivate = false
    public private(set) var isPublic = false
    /// `must-revalidate`
    public private(set) var mustRevalidate = false
    /// `proxy-revalidate`
    public private(set) var proxyRevalidate = false
    /// `max-age` and `s-maxage`, in seconds; of several the least.
    public private(set) var maxAge: Int?
    public private(set) var sharedMaxAge: Int?
    /// `stale-while-revalidate` and `stale-if-error` (RFC 5861), in seconds.
    public private(set) var staleWhileRevalidate: Int?
    public private(set) var staleIfError: Int?

    /// Longest time that is told apart, in seconds (RFC 9111 §1.2.2).
    public static let longest = 1 << 31

    public init(of headers: borrowing HeaderBlock) {
        var next = headers.firstIndex(of: .cacheControl)
        while let index = next {
            read(headers.value(index))
            next = headers.firstIndex(of: .cacheControl, from: index + 1)
        }
    }

    /// Reads a list; commas within quotes part nothing.
    private mutating func read(_ list: Span<UInt8>) {
        var start = 0
        var isQuoted = false
        for index in 0...list.count {
            if index < list.count, list[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard index == list.count || (list[index] == .comma && !isQuoted) else { continue }
            let element = list.extracting(start..<index)
            take(element.extracting(element.trimmed))
            start = index + 1
        }
    }

    private mutating func take(_ directive: Span<UInt8>) {
        let mark = directive.firstIndex(of: .equals) ?? directive.count
        let name = directive.extracting(0..<mark)
        if name.equalsFoldingCase("no-store") { noStore = true }
        if name.equalsFoldingCase("no-cache") { noCache = true }
        if name.equalsFoldingCase("private") { isPrivate = true }
        if name.equalsFoldingCase("public") { isPublic = true }
        if name.equalsFoldingCase("must-revalidate") { mustRevalidate = true }
        if name.equalsFoldingCase("proxy-revalidate") { proxyRevalidate = true }
        if name.equalsFoldingCase("max-age") { Self.lower(&maxAge, to: directive, mark) }
        if name.equalsFoldingCase("s-maxage") { Self.lower(&sharedMaxAge, to: directive, mark) }
        if name.equalsFoldingCase("stale-while-revalidate") { Self.lower(&staleWhileRevalidate, to: directive, mark) }
        if name.equalsFoldingCase("stale-if-error") { Self.lower(&staleIfError, to: directive, mark) }
    }

    private static func lower(_ limit: inout Int?, to directive: Span<UInt8>, _ mark: Int) {
        limit = min(
            limit ?? longest, mark < directive.count ? seconds(directive.extracting(mark + 1..<directive.count)) : 0)
    }

    /// Seconds as a number, with or without quotes; zero for anything else.
    private static func seconds(_ text: Span<UInt8>) -> Int {
        let quote = UInt8(ascii: "\"")
        let isQuoted = text.count >= 2 && text[0] == quote && text[text.count - 1] == quote
        let digits = isQuoted ? text.extracting(1..<text.count - 1) : text
        guard !digits.isEmpty else { return 0 }
        for index in 0..<digits.count where !digits[index].isDigit { return 0 }
        return min(digits.decimalValue ?? longest, longest)
    }
}
