/// What the upstream gets of a request where that is not what the client sent (`proxy_method`, `proxy_set_body` and their kin
/// of nginx's snippets).
///
/// The client's body is read whole first, whatever becomes of it.
public struct RequestForm: Sendable, Hashable {
    /// A token in place of the method; a HEAD stays one. Nil is the client's.
    public var method: String?
    /// A template in place of the body, which then has `bodyLimit` bytes at most; nil is the client's.
    public var body: String?
    /// The upstream gets the client's body.
    public var passesBody: Bool
    /// The upstream gets the client's fields, not only those that the proxy makes.
    public var passesFields: Bool

    /// Bytes of a body that is made of a template.
    public static let bodyLimit = 128 << 10

    public init(method: String? = nil, body: String? = nil, passesBody: Bool = true, passesFields: Bool = true) {
        self.method = method
        self.body = body
        self.passesBody = passesBody
        self.passesFields = passesFields
    }
}

extension RequestForm {
    /// `method for the upstream POST`, `body for the upstream {"ip":"$remote_addr"}`
    var lines: [String] {
        var lines: [String] = []
        if let method { lines.append("method for the upstream \(method)") }
        if let body { lines.append("body for the upstream \(body)") }
        if body == nil, !passesBody { lines.append("no body for the upstream") }
        if !passesFields { lines.append("no fields of the client for the upstream") }
        return lines
    }

    var isValid: Bool {
        let isMethod = method.map { !$0.isEmpty && $0.utf8.count <= 32 && $0.utf8.allSatisfy(\.isTokenByte) } ?? true
        return isMethod && method != "HEAD" && method != "CONNECT"
            && (body?.utf8.count ?? 0) <= ProxyModel.textLimitBytes
    }
}
