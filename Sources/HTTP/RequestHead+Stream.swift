import Bytes

/// Pseudo-header fields of a request (RFC 9113 §8.3.1; `:protocol` is RFC 8441 §4).
public enum RequestPseudoField: Sendable {
    case method, scheme, authority, path, protocolName

    /// The field with this name, or nil.
    public init?(name: Span<UInt8>) {
        switch name.count {
        case 5 where name.equals(":path"): self = .path
        case 7 where name.equals(":method"): self = .method
        case 7 where name.equals(":scheme"): self = .scheme
        case 9 where name.equals(":protocol"): self = .protocolName
        case 10 where name.equals(":authority"): self = .authority
        default: return nil
        }
    }
}

/// What came of a request head that arrived field by field.
public enum StreamHeadVerdict: Equatable, Sendable {
    case good
    /// A stream error (RFC 9113 §8.1.1): no answer, the stream is reset.
    case malformed
    /// Well-formed in its protocol, but refused by the same rules as a head in HTTP/1: gets `HTTP1Error.status`.
    case refused(HTTP1Error)
}

/// A request head made of fields that a protocol with streams delivers one by one. It obeys the same rules for
/// target, host and fields as a head that was parsed, and its bytes lie as those of a parsed one, so that nothing
/// that reads it can tell the difference but by `version`.
extension RequestHead {
    /// Makes room for the next request.
    public mutating func beginStream() {
        clear()
        version = .http2
    }

    /// Takes a pseudo-header field. The caller has seen to it that none is repeated.
    public mutating func take(_ field: RequestPseudoField, _ value: Span<UInt8>) {
        switch field {
        case .method: methodRange = store(value)
        case .path: targetRange = store(value)
        case .scheme: schemeRange = store(value)
        case .protocolName: protocolRange = store(value)
        case .authority: addLine(.host, "host", value)
        }
    }

    /// Takes a regular field, whose name is in lower case and whose value holds no control bytes.
    ///
    /// - Returns: false when it contradicts what came before: the head is malformed.
    public mutating func takeField(
        _ name: Span<UInt8>, _ value: Span<UInt8>, underscores: UnderscorePolicy
    ) -> Bool {
        guard FieldSyntax.isValue(value) else { return false }
        let id = HeaderID(name: name)
        if id == .other {
            guard FieldSyntax.isName(name) else { return false }
            if name.firstIndex(of: .underscore) != nil, drops(name, underscores) { return true }
        } else if id == .host, let index = headers.firstIndex(of: .host) {
            // RFC 9113 §8.3.1: the two must say the same; one is enough.
            return headers.value(index).equalsIgnoringCase(value)
        }
        addLine(id, name, value)
        return true
    }

    /// All fields are there: draws conclusions, as a parser does.
    public mutating func finishStream(limits: HeadLimits) -> StreamHeadVerdict {
        guard hasKnownScheme else { return .malformed }
        guard methodRange.count <= limits.methodBytes else { return .refused(.methodTooLong) }
        guard methodRange.count + targetRange.count + 12 <= limits.startLineBytes else {
            return .refused(.requestLineTooLong)
        }
        joinCookies()
        do throws(HTTP1Error) {
            try takeMethod()
            try takeFields()
            return .good
        } catch {
            return .refused(error)
        }
    }

    /// The request opens a tunnel for the protocol that `:protocol` names (RFC 8441).
    public var isExtendedConnect: Bool { !protocolRange.isEmpty }

    // MARK: Pieces

    private var hasKnownScheme: Bool {
        let scheme = headers.bytes(in: schemeRange)
        return scheme.isEmpty || scheme.equalsFoldingCase("http") || scheme.equalsFoldingCase("https")
    }

    private mutating func store(_ value: Span<UInt8>) -> Range<Int> {
        let start = headers.storage.count
        headers.storage.append(value)
        return start..<headers.storage.count
    }

    private mutating func addLine(_ id: HeaderID, _ name: StaticString, _ value: Span<UInt8>) {
        addLine(id, name.bytes, value)
    }

    /// Appends a field as it would stand in a parsed head, so that neighbours are copied in one piece.
    private mutating func addLine(_ id: HeaderID, _ name: Span<UInt8>, _ value: Span<UInt8>) {
        let start = headers.storage.count
        headers.storage.append(name)
        headers.storage.append(": ")
        let valueStart = headers.storage.count
        headers.storage.append(value)
        headers.add(HeaderField(id: id, name: start..<start + name.count, value: valueStart..<headers.storage.count))
        headers.storage.append("\r\n")
    }

    private func drops(_ name: Span<UInt8>, _ policy: UnderscorePolicy) -> Bool {
        switch policy {
        case .drop: true
        case .keep: HeaderID(shadowedBy: name) != .other
        case .ignore: false
        }
    }

    /// Compression splits cookies at will; an origin gets one field (RFC 9113 §8.2.3).
    private mutating func joinCookies() {
        guard let first = headers.firstIndex(of: .cookie), headers.firstIndex(of: .cookie, from: first + 1) != nil
        else { return }
        let start = headers.storage.count
        headers.storage.append("cookie: ")
        let valueStart = headers.storage.count
        var next = headers.firstIndex(of: .cookie)
        while let index = next {
            if index != first { headers.storage.append("; ") }
            headers.storage.append(copyOf: headers[index].value)
            next = headers.firstIndex(of: .cookie, from: index + 1)
        }
        let end = headers.storage.count
        headers.storage.append("\r\n")
        headers.remove(.cookie)
        headers.add(HeaderField(id: .cookie, name: start..<start + 6, value: valueStart..<end))
    }

    private mutating func takeMethod() throws(HTTP1Error) {
        method = Method(headers.bytes(in: methodRange))
        guard isExtendedConnect else {
            if method == .connect { return takeConnect() }
            return try takePath()
        }
        // RFC 8441 §5: what HTTP/1.1 says with GET and Upgrade.
        guard method == .connect, headers.bytes(in: protocolRange).equals("websocket") else {
            throw .unknownProtocol
        }
        let start = headers.storage.count
        headers.storage.append("GET")
        methodRange = start..<start + 3
        method = .get
        headers.append(.upgrade, value: "websocket")
        upgrade = .webSocket
        try takePath()
    }

    /// The target is a path or an asterisk, of the bytes that HTTP/1 lets a target hold: RFC 9113 §8.3.1 has no others.
    private mutating func takePath() throws(HTTP1Error) {
        guard !targetRange.isEmpty else { throw .badTarget(at: 0) }
        let first = headers.storage[targetRange.lowerBound]
        guard first == .slash || first == .asterisk else { throw .badTarget(at: 0) }
        let fault = headers.storage.bytes.firstNonVisible(from: targetRange.lowerBound, to: targetRange.upperBound)
        guard fault == targetRange.upperBound else { throw .badTarget(at: fault - targetRange.lowerBound) }
        try takeTarget(targetRange)
    }

    /// CONNECT has an authority and nothing else.
    private mutating func takeConnect() {
        guard let index = headers.firstIndex(of: .host) else { return }
        form = .authority
        authorityRange = headers[index].value
        targetRange = authorityRange
    }
}

extension HeaderBlock {
    /// Appends a field that came behind a body, unless it is one that may not come there.
    public mutating func appendTrailer(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        let id = HeaderID(name: name)
        if id != .other, ChunkedDecoder.forbiddenTrailers.contains(id) || HopByHop.fields.contains(id) { return }
        append(name: name, value: value)
    }
}
