import Bytes
import Filters
import TLS

/// The look at a ClientHello never changes its mind: once it is no hello, or a whole one, more bytes change nothing.
func brokenClientHello(_ bytes: [UInt8]) -> String? {
    let whole = ClientHello.peek(bytes.span)
    switch ClientHello.peek(bytes.span.extracting(first: cut(of: bytes))) {
    case .incomplete: return nil
    case let early: return early == whole ? nil : "cut: \(early), whole: \(whole)"
    }
}

/// A PROXY header has one verdict however it arrives, lies within what has arrived, and can be written again.
func brokenProxyHeader(_ bytes: [UInt8]) -> String? {
    let whole = proxyHeader(bytes.span)
    let early = proxyHeader(bytes.span.extracting(first: cut(of: bytes)))
    if case .success(nil) = early {} else if early != whole { return "cut: \(early), whole: \(whole)" }
    guard case .success(let header?) = whole else { return nil }
    if header.length > bytes.count { return "a header of \(header.length) bytes in \(bytes.count)" }
    guard let source = header.source, let destination = header.destination else { return nil }
    var buffer = ByteBuffer(capacity: 128)
    ProxyHeader.appendBinary(source: source, destination: destination, to: &buffer)
    let again = proxyHeader(buffer.readable)
    return again == .success(ProxyHeader(length: buffer.count, source: source, destination: destination))
        ? nil : "written again: \(again)"
}

private func proxyHeader(_ bytes: Span<UInt8>) -> Result<ProxyHeader?, ProxyHeader.Fault> {
    do throws(ProxyHeader.Fault) { return .success(try ProxyHeader.parse(bytes)) } catch { return .failure(error) }
}
