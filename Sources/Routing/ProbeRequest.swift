import Bytes
public import HTTP

/// Why a request that someone asks about cannot be made.
public enum ProbeError: Error, Equatable, CustomStringConvertible {
    /// Neither a URL nor a path; or no host, neither in the URL nor as a `Host` field.
    case badURL(String)
    /// Not of the form `Name: value`.
    case badField(String)
    /// The request would be refused before routing.
    case refused(HTTP1Error)

    public var description: String {
        switch self {
        case .badURL(let url): "\"\(url)\" is not a URL such as http://shop.example/cart"
        case .badField(let field): "\"\(field)\" is not a header such as 'Name: value'"
        case .refused(let error): "the request is answered \(error.status.rawValue): \(error.reason)"
        }
    }
}

/// A request for asking what would become of it, written as for curl and read by the same parser as
/// those from the network.
public struct ProbeRequest: Sendable {
    public var method = "GET"
    /// `http://shop.example/cart?id=1`; without a scheme `shop.example/cart`; or a path, when a `Host` field is given.
    public var url: String
    /// Each `Name: value`.
    public var fields: [String] = []

    public init(method: String = "GET", url: String, fields: [String] = []) {
        self.method = method
        self.url = url
        self.fields = fields
    }

    /// Whether the URL asks for TLS.
    public var isSecure: Bool { url.lowercased().hasPrefix("https://") }

    /// The head that a worker would see.
    public func head() throws(ProbeError) -> RequestHead {
        var (authority, target) = try parts()
        var lines: [String] = []
        for field in fields {
            guard let colon = field.firstIndex(of: ":"), colon > field.startIndex else { throw .badField(field) }
            let value = field[field.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            if field[..<colon].lowercased() == "host" {
                authority = String(value)
            } else {
                lines.append("\(field[..<colon]): \(value)")
            }
        }
        guard !authority.isEmpty else { throw .badURL(url) }
        if target.isEmpty { target = "/" }
        lines.insert("Host: \(authority)", at: 0)
        let message = Array("\(method) \(target) HTTP/1.1\r\n\(lines.joined(separator: "\r\n"))\r\n\r\n".utf8)
        var head = RequestHead()
        var parser = RequestHeadParser()
        let length: Int?
        do throws(HTTP1Error) {
            length = try parser.parse(message.span, into: &head)
        } catch {
            throw .refused(error)
        }
        // A line break that someone put into a value ends the head early, or leaves it unfinished.
        guard length == message.count else { throw .badURL(url) }
        return head
    }

    /// Authority and target; what a client never sends as it is, is percent-encoded as curl does.
    /// - Throws: `badURL` for a scheme that is not HTTP's.
    private func parts() throws(ProbeError) -> (authority: String, target: String) {
        var rest = Substring(url.prefix { $0 != "#" })
        if rest.hasPrefix("/") { return ("", Self.encoded(rest)) }
        for scheme in ["http://", "https://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[end...]
        if rest[..<end].hasSuffix(":"), target.hasPrefix("//") { throw .badURL(url) }
        return (String(rest[..<end]), Self.encoded(target.hasPrefix("?") ? "/" + target : target))
    }

    private static func encoded(_ target: Substring) -> String {
        var text = ""
        for byte in target.utf8 {
            if byte > 0x20, byte < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }
}
