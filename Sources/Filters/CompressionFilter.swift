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
        var next = headers.firstIndex(of: .cacheControl)
        while let index = next {
            let value = headers.value(index)
            var start = 0
            while start < value.count {
                let end = value.first(.comma, from: start, to: value.count)
                let directive = value.extracting(start..<end)
                if directive.extracting(directive.trimmed).equalsFoldingCase("no-transform") { return true }
                start = end + 1
            }
            next = headers.firstIndex(of: .cacheControl, from: index + 1)
        }
        return false
    }
}

/// What `Accept-Encoding` says (RFC 9110 §12.5.3).
enum AcceptedCodings {
    /// Whether gzip is acceptable: named without a weight of zero, or not named beside a `*` without one.
    static func includeGzip(_ headers: borrowing HeaderBlock) -> Bool {
        var others = false
        var next = headers.firstIndex(of: .acceptEncoding)
        while let index = next {
            let value = headers.value(index)
            var start = 0
            while start < value.count {
                let end = value.first(.comma, from: start, to: value.count)
                let item = value.extracting(start..<end)
                let nameEnd = item.first(.semicolon, from: 0, to: item.count)
                let untrimmed = item.extracting(0..<nameEnd)
                let name = untrimmed.extracting(untrimmed.trimmed)
                if name.equalsFoldingCase("gzip") || name.equalsFoldingCase("x-gzip") {
                    return !isRefused(item.extracting(nameEnd..<item.count))
                }
                if name.equals("*") { others = !isRefused(item.extracting(nameEnd..<item.count)) }
                start = end + 1
            }
            next = headers.firstIndex(of: .acceptEncoding, from: index + 1)
        }
        return others
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
