import Bytes
public import HTTP
import Model

/// Which responses are compressed, compiled. What is asked is what nginx asks, and whether anybody forbids it.
public final class CompressionFilter: Sendable {
    /// What becomes of a response.
    public enum Choice: Sendable {
        /// It stays as it is for every client.
        case never
        /// It stays as it is for this client; caches must know that others get something else.
        case notForThisClient
        case gzip
    }

    public let level: Int
    private let minimumBytes: Int
    private let mediaTypes: MediaTypes

    init(_ policy: Compression) {
        level = policy.level
        minimumBytes = policy.minimumBytes
        mediaTypes = MediaTypes(policy.mediaTypes)
    }

    /// Whether edits change a field that the choice depends on.
    static func looks(at edits: HeaderEdits) -> Bool {
        edits.onResponse.contains { edit in
            ["content-type", "content-encoding", "cache-control", "etag", "accept-ranges"].contains(
                edit.name.lowercased())
        }
    }

    /// - Parameter length: of the content, as far as it is known.
    public func choice(
        for request: borrowing RequestHead, _ response: borrowing ResponseHead, length: Int?
    ) -> Choice {
        switch response.status.rawValue {
        case 200, 403, 404: break
        default: return .never
        }
        if let length, length < minimumBytes { return .never }
        guard !response.headers.containsAny(of: [.contentEncoding, .contentRange]),
            mediaTypes.include(typeOf: response.headers),
            !Self.forbidsChange(response.headers)
        else { return .never }
        let mayCompress = request.version != .http10 && request.method != .head
        return mayCompress && AcceptedCodings.includeGzip(request.headers) ? .gzip : .notForThisClient
    }

    /// `Cache-Control: no-transform` (RFC 9111 §5.2.2.6).
    private static func forbidsChange(_ headers: borrowing HeaderBlock) -> Bool {
        !headers.forEachItem(of: .cacheControl) { !$0.extracting($0.trimmed).equalsFoldingCase("no-transform") }
    }
}

extension HeaderBlock {
    /// Calls `body` with the items of a field whose lines are lists separated by commas, blanks around them included,
    /// until it returns false.
    ///
    /// - Returns: whether all items were seen.
    fileprivate func forEachItem(of id: HeaderID, _ body: (Span<UInt8>) -> Bool) -> Bool {
        var next = firstIndex(of: id)
        while let index = next {
            let value = value(index)
            var start = 0
            while start < value.count {
                let end = value.first(.comma, from: start, to: value.count)
                guard body(value.extracting(start..<end)) else { return false }
                start = end + 1
            }
            next = firstIndex(of: id, from: index + 1)
        }
        return true
    }
}

/// What `Accept-Encoding` says (RFC 9110 §12.5.3).
enum AcceptedCodings {
    /// Whether gzip is acceptable: named without a weight of zero, or not named beside a `*` without one.
    static func includeGzip(_ headers: borrowing HeaderBlock) -> Bool {
        var named: Bool?
        var others = false
        _ = headers.forEachItem(of: .acceptEncoding) { item in
            let nameEnd = item.first(.semicolon, from: 0, to: item.count)
            let untrimmed = item.extracting(0..<nameEnd)
            let name = untrimmed.extracting(untrimmed.trimmed)
            let isAccepted = !isRefused(item.extracting(nameEnd..<item.count))
            if name.equalsFoldingCase("gzip") || name.equalsFoldingCase("x-gzip") { named = isAccepted }
            if name.equals("*") { others = isAccepted }
            return named == nil
        }
        return named ?? others
    }

    /// Whether parameters say `q=0`, `q=0.0` and so on.
    private static func isRefused(_ parameters: Span<UInt8>) -> Bool {
        var start = 0
        while start < parameters.count {
            let end = parameters.first(.semicolon, from: start, to: parameters.count)
            let untrimmed = parameters.extracting(start..<end)
            let parameter = untrimmed.extracting(untrimmed.trimmed)
            if parameter.startsFoldingCase("q=") {
                for index in 2..<parameter.count where parameter[index] != .zero && parameter[index] != .dot {
                    return false
                }
                return parameter.count > 2
            }
            start = end + 1
        }
        return false
    }
}
