import Bytes
import HTTP

/// A request head has one verdict however it arrives, a normal path, and a framing that can be told or refused.
func brokenRequestHead(_ bytes: [UInt8]) -> String? {
    var parser = RequestHeadParser()
    var head = RequestHead()
    let whole = verdict { () throws(HTTP1Error) in try parser.parse(bytes.span, into: &head) }
    var cutParser = RequestHeadParser()
    var cutHead = RequestHead()
    let inTwo = verdict { () throws(HTTP1Error) in
        let early = try cutParser.parse(bytes.span.extracting(first: cut(of: bytes)), into: &cutHead)
        if let early { return early }
        return try cutParser.parse(bytes.span, into: &cutHead)
    }
    if whole != inTwo { return "whole: \(whole), cut in two: \(inTwo)" }
    guard case .length(let length) = whole else { return nil }
    if length > bytes.count { return "a head of \(length) bytes in \(bytes.count)" }
    _ = try? BodyFraming.request(head)
    // CONNECT names an authority and is never forwarded; `*` is no path.
    if head.method == .connect { return nil }
    if head.originTarget.isEmpty { return "an empty target for the backend" }
    return head.normalPath.count == 1 ? nil : brokenNormalPath(head.normalPath)
}

/// A response head has one verdict however it arrives, and a framing that can be told or refused.
func brokenResponseHead(_ bytes: [UInt8]) -> String? {
    var parser = ResponseHeadParser()
    var head = ResponseHead()
    let whole = verdict { () throws(HTTP1Error) in try parser.parse(bytes.span, into: &head) }
    var cutParser = ResponseHeadParser()
    var cutHead = ResponseHead()
    let inTwo = verdict { () throws(HTTP1Error) in
        let early = try cutParser.parse(bytes.span.extracting(first: cut(of: bytes)), into: &cutHead)
        if let early { return early }
        return try cutParser.parse(bytes.span, into: &cutHead)
    }
    if whole != inTwo { return "whole: \(whole), cut in two: \(inTwo)" }
    guard case .length(let length) = whole else { return nil }
    if length > bytes.count { return "a head of \(length) bytes in \(bytes.count)" }
    _ = try? BodyFraming.response(head, to: .get)
    return nil
}

/// A target that is accepted has a normal form without dot segments and empty ones, which begins at the root.
func brokenTarget(_ bytes: [UInt8]) -> String? {
    brokenRequestHead(Array("GET ".utf8) + bytes + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
}

private func brokenNormalPath(_ path: Span<UInt8>) -> String? {
    let slash = UInt8(ascii: "/")
    guard path.count > 0, path[0] == slash else { return "a normal path that does not begin with a slash" }
    var segment: [UInt8] = []
    for index in 1...path.count {
        guard index == path.count || path[index] == slash else {
            if path[index] == 0 { return "a normal path with a NUL" }
            segment.append(path[index])
            continue
        }
        if segment.isEmpty, index < path.count { return "a normal path with an empty segment" }
        if segment == Array(".".utf8) || segment == Array("..".utf8) { return "a normal path with a dot segment" }
        segment = []
    }
    return nil
}

/// What a parser said of an input.
private enum Verdict: Equatable {
    case length(Int)
    case unfinished
    case refused(HTTP1Error)
}

private func verdict(_ parse: () throws(HTTP1Error) -> Int?) -> Verdict {
    do {
        return try parse().map { .length($0) } ?? .unfinished
    } catch {
        return .refused(error)
    }
}
