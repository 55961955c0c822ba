/// What reads hostile bytes, and what it promises whatever they are.
///
/// The fuzzer (`Fuzz/`) looks for bytes that break a promise or trap; the tests replay its seeds, which stand in the folders
/// named like these cases.
public enum Promise: String, CaseIterable, Sendable {
    case requestHead = "request-head"
    case responseHead = "response-head"
    case chunked
    case target
    case yaml
    case clientHello = "client-hello"
    case proxyHeader = "proxy-header"
    case snippet
    case annotations
    case cookies
    case htpasswd
    case authorization
    case http2
    case http2Upstream = "http2-upstream"
    case geoip

    /// How `bytes` break the promise, or nil.
    public func broken(by bytes: [UInt8]) -> String? {
        switch self {
        case .requestHead: brokenRequestHead(bytes)
        case .responseHead: brokenResponseHead(bytes)
        case .chunked: brokenChunkedBody(bytes)
        case .target: brokenTarget(bytes)
        case .yaml: brokenManifest(bytes)
        case .clientHello: brokenClientHello(bytes)
        case .proxyHeader: brokenProxyHeader(bytes)
        case .snippet: brokenSnippet(bytes)
        case .annotations: brokenAnnotations(bytes)
        case .cookies: brokenCookies(bytes)
        case .htpasswd: brokenUsers(bytes)
        case .authorization: brokenAuthorization(bytes)
        case .http2: brokenHTTP2Requests(bytes)
        case .http2Upstream: brokenHTTP2Responses(bytes)
        case .geoip: brokenDatabase(bytes)
        }
    }
}

/// Where to cut an input in two: the same place for the same bytes.
func cut(of bytes: [UInt8]) -> Int {
    var hash = UInt32(2_166_136_261)
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return bytes.isEmpty ? 0 : Int(hash % UInt32(bytes.count))
}
