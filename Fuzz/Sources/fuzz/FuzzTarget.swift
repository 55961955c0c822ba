/// What reads hostile bytes, and what it promises whatever they are.
///
/// The fuzzer looks for bytes that break a promise or trap.
enum FuzzTarget: String, CaseIterable {
    case requestHead = "request-head"
    case responseHead = "response-head"
    case chunked
    case target
    case yaml
    case clientHello = "client-hello"
    case proxyHeader = "proxy-header"
    case snippet
    case http2

    /// The promise that `bytes` breaks, or nil.
    func brokenPromise(_ bytes: [UInt8]) -> String? {
        switch self {
        case .requestHead: brokenRequestHead(bytes)
        case .responseHead: brokenResponseHead(bytes)
        case .chunked: brokenChunkedBody(bytes)
        case .target: brokenTarget(bytes)
        case .yaml: brokenManifest(bytes)
        case .clientHello: brokenClientHello(bytes)
        case .proxyHeader: brokenProxyHeader(bytes)
        case .snippet: brokenSnippet(bytes)
        case .http2: brokenHTTP2(bytes)
        }
    }
}

/// Where to cut an input in two: the same place for the same bytes.
func cut(of bytes: [UInt8]) -> Int {
    var hash = UInt32(2_166_136_261)
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return bytes.isEmpty ? 0 : Int(hash % UInt32(bytes.count))
}
