import Bytes
import HTTP

/// Writing the `Location` of the proxy's own redirects. What doesn't fit is false.
extension FilterScratch {
    /// Appends `scheme://name`, the name as the client gave it but for case and port; nothing when the client
    /// gave none, so that the redirect stays relative.
    mutating func appendOrigin(_ head: borrowing RequestHead, _ context: RequestContext, withPort: Bool) -> Bool {
        guard !head.host.isEmpty else { return true }
        guard location.room >= 8 else { return false }
        location.append(context.isSecure ? "https://" : "http://")
        return location.append(encoded: withPort ? head.host : head.hostName, .component)
    }

    /// Appends `:port`, the port that the request came in on, unless it is the scheme's own.
    mutating func appendPort(_ context: RequestContext) -> Bool {
        let port = context.reportedPort
        guard port != (context.isSecure ? 443 : 80) else { return true }
        return appendPort(port)
    }

    /// Appends `:port`.
    mutating func appendPort(_ port: UInt16) -> Bool {
        guard location.room >= 6 else { return false }
        location.append(.colon)
        location.append(decimal: Int(port))
        return true
    }

    /// Appends a path that the configuration gives, in encoded form. Where no host stands before it, `//` and
    /// the like must not be taken for one (RFC 3986 §4.2): `/.//name` is a path.
    mutating func appendLocation(path: Span<UInt8>) -> Bool {
        if location.isEmpty, path.count > 1, path[1] == .slash || path[1] == .backslash {
            guard location.room >= 2 else { return false }
            location.append("/.")
        }
        return location.append(encoded: path, .component)
    }

    /// Makes a location of what `body` holds, which a template made of values of the client's: what is a path gets the
    /// request's scheme and host in front, unless it is to stay relative. So nothing that the client sent completes a host
    /// or is taken for one.
    ///
    /// - Parameter isPath: it is one whatever it begins with.
    mutating func finishLocation(
        _ head: borrowing RequestHead, _ context: RequestContext, isPath: Bool, relative: Bool
    ) -> Bool {
        let begins = body.isEmpty ? 0 : body[0]
        if isPath || begins == .slash {
            if !relative, !appendOrigin(head, context, withPort: false) { return false }
            let readsAsHost =
                location.isEmpty && body.count > 1 && begins == .slash && (body[1] == .slash || body[1] == .backslash)
            guard location.room >= 2 else { return false }
            if readsAsHost { location.append("/.") } else if begins != .slash { location.append(.slash) }
        }
        guard location.room >= body.count else { return false }
        location.append(contentsOf: body)
        body.clear()
        return true
    }
}
