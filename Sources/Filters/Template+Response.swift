import Bytes
import HTTP
import Pattern

extension Template {
    /// Appends the text for a request whose response is there: variables of the response stand for its fields.
    ///
    /// - Returns: false when there is no room; part of the text may have been appended.
    func append(
        seeing headers: borrowing HeaderBlock, for head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables?, to values: inout ByteBuffer
    ) -> Bool {
        for piece in pieces {
            let fits: Bool
            switch piece {
            case .variable(.responseField(let id)):
                fits = Self.append(headers.firstIndex(of: id), headers, &values)
            case .variable(.namedResponseField(let name)):
                fits = Self.append(headers.firstIndex(named: bytes.span.extracting(name)), headers, &values)
            case .variable(.responseCookie(let name)):
                fits = Self.append(cookie: bytes.span.extracting(name), headers, &values)
            default:
                fits = append(
                    piece, for: head, context, variables?.groups ?? .init(), .verbatim, variables, to: &values)
            }
            guard fits else { return false }
        }
        return true
    }

    private static func append(
        _ index: Int?, _ headers: borrowing HeaderBlock, _ values: inout ByteBuffer
    ) -> Bool {
        guard let index else { return true }
        return values.append(ifRoom: headers.value(index))
    }

    /// The value of the first cookie of a name that the response sets.
    private static func append(
        cookie name: Span<UInt8>, _ headers: borrowing HeaderBlock, _ values: inout ByteBuffer
    ) -> Bool {
        var next = headers.firstIndex(of: .setCookie)
        while let index = next {
            let value = headers.value(index)
            let end = value.firstIndex(of: .semicolon) ?? value.count
            if end > name.count, value[name.count] == .equals, value.starts(with: name) {
                return values.append(ifRoom: value.extracting(name.count + 1..<end))
            }
            next = headers.firstIndex(of: .setCookie, from: index + 1)
        }
        return true
    }
}
