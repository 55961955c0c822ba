import Bytes

extension RequestHead {
    /// Gives the request another path and query for matching and templates, as a rewrite makes them. The target as
    /// it was sent stays what it was.
    ///
    /// - Parameter target: a path in encoded form with its query, as it would be sent.
    /// - Throws: when it isn't in normal form and can't be brought into it. Nothing has changed then.
    public mutating func setPath(_ target: Span<UInt8>) throws(HTTP1Error) {
        guard !target.isEmpty, target[0] == .slash else { throw .badTarget(at: 0) }
        let start = headers.storage.count
        headers.storage.append(target)
        let mark = target.firstIndex(of: .questionMark) ?? target.count
        let normal = try PathNormalizer.normalize(start..<start + mark, in: &headers.storage)
        normalPathRange = normal
        hasQuery = mark < target.count
        queryRange = hasQuery ? start + mark + 1..<start + target.count : start..<start
    }

    /// Makes a GET of a request whose body is nobody's concern any more; a HEAD stays one. The fields that frame the body
    /// go, while the connection still has to be read by what they said.
    ///
    /// - Returns: where in `headers` the method stands that the client sent; nil when it is the same.
    public mutating func becomeGet() -> Range<Int>? {
        headers.remove(.contentLength)
        headers.remove(.transferEncoding)
        guard method != .get, method != .head else { return nil }
        let former = methodRange
        let start = headers.storage.count
        headers.storage.append("GET")
        methodRange = start..<headers.storage.count
        method = .get
        return former
    }
}
