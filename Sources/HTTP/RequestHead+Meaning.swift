import Bytes

/// What a parser makes of a complete request line and of complete fields.
extension RequestHead {
    /// Takes over a request line.
    ///
    /// - Parameters:
    ///   - line: method, space, target and whatever follows.
    ///   - method: the length of the method.
    ///   - target: where the target lies in `line`.
    mutating func takeRequestLine(
        _ line: Span<UInt8>, method length: Int, target range: Range<Int>, version: Version
    ) throws(HTTP1Error) {
        headers.storage.append(line)
        methodRange = 0..<length
        method = Method(line.extracting(methodRange))
        self.version = version
        try takeTarget(range)
    }

    /// Takes over a request-target that lies in the storage.
    mutating func takeTarget(_ range: Range<Int>) throws(HTTP1Error) {
        targetRange = range
        let target = try RequestTarget.parse(headers.storage.bytes, in: range, method: method)
        form = target.form
        authorityRange = target.authority
        pathRange = target.path
        queryRange = target.query ?? range.upperBound..<range.upperBound
        hasQuery = target.query != nil
        originTargetRange = pathRange.lowerBound..<range.upperBound
        if form == .absolute, pathRange.isEmpty { insertRootPath() }
        normalPathRange = target.isNormal ? pathRange : try PathNormalizer.normalize(pathRange, in: &headers.storage)
    }

    /// An absolute target without a path means the root (RFC 9112 §3.2.1).
    private mutating func insertRootPath() {
        let rest = originTargetRange
        let start = headers.storage.count
        headers.storage.append(.slash)
        headers.storage.append(copyOf: rest)
        pathRange = start..<start + 1
        originTargetRange = start..<headers.storage.count
    }

    /// Draws conclusions once all fields are there.
    mutating func takeFields() throws(HTTP1Error) {
        try takeHost()
        keepsAlive = version != .http10
        guard headers.containsAny(of: Self.meaningful) else { return }
        let options = try HopByHop.apply(to: &headers)
        keepsAlive = !options.close && (version != .http10 || options.keepAlive)
        if options.upgrade { takeUpgrade() }
        if headers.contains(.te) { takeTE() }
        if headers.contains(.expect) { try takeExpect() }
    }

    /// Fields that say something about the message as a whole, besides Host and the framing.
    private static let meaningful: HeaderIDSet = [.connection, .te, .expect]

    /// Host rules of RFC 9112 §3.2: one, valid, and replaced by the authority of an absolute target.
    private mutating func takeHost() throws(HTTP1Error) {
        guard let index = headers.firstIndex(of: .host) else {
            guard version == .http10 else { throw .missingHost }
            if form == .absolute || form == .authority {
                try takeAuthority(authorityRange)
                headers.append(.host, copying: authorityRange)
            }
            return
        }
        guard headers.firstIndex(of: .host, from: index + 1) == nil else { throw .repeatedHost }
        let value = headers[index].value
        if form == .absolute || form == .authority {
            guard Authority(headers.storage.bytes, in: value) != nil else { throw .badHost }
            try takeAuthority(authorityRange)
            headers.fields[index].value = authorityRange
        } else {
            try takeAuthority(value)
        }
    }

    private mutating func takeAuthority(_ range: Range<Int>) throws(HTTP1Error) {
        guard let authority = Authority(headers.storage.bytes, in: range) else { throw .badHost }
        hostRange = range
        port = authority.port
        hostNameRange = authority.name
        guard authority.hasCapitals else { return }
        let start = headers.storage.count
        headers.storage.append(copyOf: authority.name)
        for index in start..<headers.storage.count {
            headers.storage[index] = headers.storage[index].lowercased
        }
        hostNameRange = start..<headers.storage.count
    }

    private mutating func takeUpgrade() {
        guard version == .http11, let index = headers.firstIndex(of: .upgrade) else { return }
        if headers.value(index).equalsFoldingCase("websocket") {
            upgrade = .webSocket
        } else if !namesHTTP2(headers[index].value) {
            upgrade = .other
        }
    }

    /// `h2c`, or anything that lists it: never honoured, never forwarded.
    private func namesHTTP2(_ value: Range<Int>) -> Bool {
        var list = TokenList(value)
        while let token = list.next(in: headers) {
            if headers.bytes(in: token).startsFoldingCase("h2") { return true }
        }
        return false
    }

    private mutating func takeTE() {
        var next = 0
        while let index = headers.firstIndex(of: .te, from: next) {
            next = index + 1
            var list = TokenList(headers[index].value)
            while let token = list.next(in: headers) {
                if headers.bytes(in: token).equalsFoldingCase("trailers") { acceptsTrailers = true }
            }
        }
    }

    /// RFC 9110 §10.1.1: the one known expectation is ignored in HTTP/1.0, any other is refused.
    private mutating func takeExpect() throws(HTTP1Error) {
        var next = 0
        while let index = headers.firstIndex(of: .expect, from: next) {
            next = index + 1
            guard headers.value(index).equalsFoldingCase("100-continue") else { throw .unknownExpectation }
            expectsContinue = version != .http10
        }
    }
}
