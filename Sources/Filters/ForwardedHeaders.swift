public import Bytes
public import HTTP
public import Model

/// What an upstream is told of the client, and which of the client's fields it gets.
///
/// The fields that the proxy computes come first, then the client's own in their order. Fields that an
/// origin takes the proxy's word for are never the client's, unless forwarded fields are believed.
/// Framing, `Connection`, `Upgrade`, `TE` and `Trailer` are the caller's to write.
public final class ForwardedHeaders: Sendable {
    private let appendsForwardedFor: Bool
    private let generatesRequestID: Bool
    private let dropped: HeaderIDSet
    private let addressField: FieldName
    private let hostField: FieldName
    /// The fields that say where a request came from have other names than usual.
    private let hasNamedFields: Bool

    /// Written by the proxy, or spoken to it alone.
    private static let own: HeaderIDSet = [
        .host, .xRequestID, .xRealIP, .xForwardedFor, .xForwardedHost, .xForwardedPort, .xForwardedProto,
        .xForwardedScheme, .xScheme, .xOriginalForwardedFor, .xOriginalForwardedHost, .expect, .contentLength,
        .transferEncoding, .proxy, .xAuthRequestRedirect, .sslClientVerify, .sslClientSubjectDN, .sslClientIssuerDN,
        .sslClientCert,
    ]
    /// Claims that only a trusted hop may make.
    private static let claims: HeaderIDSet = [
        .forwarded, .xForwardedPrefix, .xForwardedServer, .xOriginalURI, .xOriginalURL, .xOriginalMethod,
    ]

    public init(_ settings: ForwardingSettings) {
        appendsForwardedFor = settings.trustsForwardedHeaders && settings.appendsForwardedFor
        generatesRequestID = settings.generatesRequestID
        addressField = FieldName(settings.addressField)
        hostField = FieldName(settings.hostField)
        let usual = ForwardingSettings()
        hasNamedFields = settings.addressField != usual.addressField || settings.hostField != usual.hostField
        dropped = settings.trustsForwardedHeaders ? Self.own : Self.own.union(Self.claims)
    }

    /// Bytes that `append` needs at most.
    ///
    /// - Parameter host: the `Host` that a route gives, or an empty buffer.
    public func bound(_ head: borrowing RequestHead, _ context: RequestContext, host: borrowing ByteBuffer) -> Int {
        var bytes =
            Self.fixedBound + (context.identity?.length ?? 0) + head.headers.encodedLength + host.count + 2
            * head.host.count
        if head.headers.containsAny(of: copied) {
            for index in 0..<head.headers.count where copied.contains(head.headers[index].id) {
                bytes += 3 * (head.headers[index].value.count + 2)
            }
        }
        if hasNamedFields {
            bytes += 2 * addressField.valueBytes(in: head.headers) + hostField.valueBytes(in: head.headers)
        }
        return bytes
    }

    /// Names, numbers, addresses and line ends of all computed fields.
    private static let fixedBound = 528
    /// Fields whose values may be written more than once.
    private let copied: HeaderIDSet = [.xForwardedFor, .xForwardedHost, .xForwardedProto]

    /// Appends the field lines of a request to an upstream, without the empty line that ends them. Needs `bound`
    /// bytes.
    ///
    /// - Parameters:
    ///   - host: the `Host` that a route gives (`FilterScratch.host`), or an empty buffer.
    ///   - replaced: fields of the client to leave out, because the caller sets them.
    public func append(
        _ head: borrowing RequestHead, _ context: RequestContext, host: borrowing ByteBuffer,
        without replaced: FieldLines? = nil, to buffer: inout ByteBuffer
    ) {
        appendComputed(head, context, host: host, &buffer)
        if let replaced {
            replaced.appendFields(head.headers, except: dropped, to: &buffer)
        } else {
            buffer.appendFields(head.headers, except: dropped)
        }
    }

    /// The same where a route edits the fields. Needs `bound` bytes and those of `lines`.
    ///
    /// - Parameters:
    ///   - branch: which way the request went through the route's rules (`RequestVariables.branch`).
    ///   - lines: what `edits` wrote for the request.
    public func append(
        _ head: borrowing RequestHead, _ context: RequestContext, host: borrowing ByteBuffer,
        without replaced: FieldLines? = nil, edits: RequestEdits, branch: Int, lines: borrowing ByteBuffer,
        to buffer: inout ByteBuffer
    ) {
        let ids = edits.ids(branch: branch)
        appendComputed(head, context, host: host, omitting: ids, &buffer)
        let excluded = dropped.union(ids).union(replaced?.ids ?? HeaderIDSet())
        for index in 0..<head.headers.count {
            let field = head.headers[index]
            if excluded.contains(field.id) || field.isHopByHop || replaced?.replaces(index, of: head.headers) == true
                || edits.drops(index, of: head.headers, branch: branch)
            {
                continue
            }
            buffer.append(head.headers.name(index))
            buffer.append(": ")
            buffer.append(head.headers.value(index))
            buffer.append("\r\n")
        }
        buffer.append(contentsOf: lines)
    }

    /// Appends the fields that the proxy computes, the last with its line end.
    private func appendComputed(
        _ head: borrowing RequestHead, _ context: RequestContext, host: borrowing ByteBuffer,
        omitting ids: HeaderIDSet = HeaderIDSet(), _ buffer: inout ByteBuffer
    ) {
        buffer.append("Host: ")
        if host.isEmpty { buffer.append(context.bestHost(head)) } else { buffer.append(host.readable) }
        if !ids.contains(.xRequestID) { appendRequestID(head, context, &buffer) }
        appendAddress(head, context, omitting: ids, &buffer)
        let asked = context.bestHost(head)
        if !asked.isEmpty, !ids.contains(.xForwardedHost) {
            buffer.append("\r\nX-Forwarded-Host: ")
            buffer.append(asked)
        }
        if ids.intersects(schemes) {
            appendScheme(head, context, omitting: ids, &buffer)
        } else {
            appendScheme(head, context, &buffer)
        }
        context.identity?.append(to: &buffer)
        if context.isEarly { buffer.append("Early-Data: 1\r\n") }
        if hasNamedFields || head.headers.containsAny(of: originals) {
            appendOriginals(head.headers, omitting: ids, &buffer)
        }
    }

    private let schemes: HeaderIDSet = [.xForwardedPort, .xForwardedProto, .xForwardedScheme, .xScheme]

    /// Behind a line that has no end yet, and leaves the last without one.
    func appendRequestID(
        _ head: borrowing RequestHead, _ context: RequestContext, _ buffer: inout ByteBuffer
    ) {
        if let given = context.givenRequestID(head) {
            buffer.append("\r\nX-Request-ID: ")
            buffer.append(head.headers.value(given))
        } else if generatesRequestID {
            buffer.append("\r\nX-Request-ID: ")
            buffer.append(hexadecimalWord: context.requestIDHigh)
            buffer.append(hexadecimalWord: context.requestIDLow)
        }
    }

    private func appendAddress(
        _ head: borrowing RequestHead, _ context: RequestContext, omitting ids: HeaderIDSet,
        _ buffer: inout ByteBuffer
    ) {
        var written: Range<Int>?
        if !ids.contains(.xRealIP) {
            buffer.append("\r\nX-Real-IP: ")
            let start = buffer.count
            context.client.write(to: &buffer)
            written = start..<buffer.count
        }
        if ids.contains(.xForwardedFor) { return }
        buffer.append("\r\nX-Forwarded-For: ")
        if let written, !appendsForwardedFor {
            buffer.appendAgain(written)
        } else {
            appendHops(head, context, &buffer)
        }
    }

    /// The value of `X-Forwarded-For`.
    func appendHops(_ head: borrowing RequestHead, _ context: RequestContext, _ buffer: inout ByteBuffer) {
        if appendsForwardedFor, addressField.firstIndex(in: head.headers) != nil {
            buffer.appendValues(of: addressField, head.headers)
            buffer.append(", ")
            context.peer.write(to: &buffer)
        } else if appendsForwardedFor {
            context.peer.write(to: &buffer)
        } else {
            context.client.write(to: &buffer)
        }
    }

    private func appendScheme(
        _ head: borrowing RequestHead, _ context: RequestContext, _ buffer: inout ByteBuffer
    ) {
        buffer.append("\r\nX-Forwarded-Port: ")
        buffer.append(decimal: context.believedPort(head) ?? Int(context.reportedPort))
        if let given = context.believed(.xForwardedProto, head) {
            buffer.append("\r\nX-Forwarded-Proto: ")
            buffer.append(head.headers.value(given))
            buffer.append("\r\nX-Forwarded-Scheme: ")
            buffer.append(head.headers.value(given))
            buffer.append("\r\nX-Scheme: ")
            buffer.append(head.headers.value(given))
            buffer.append("\r\n")
        } else if context.isSecureInFront {
            buffer.append("\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Scheme: https\r\nX-Scheme: https\r\n")
        } else {
            buffer.append("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Scheme: http\r\nX-Scheme: http\r\n")
        }
    }

    /// The same when some of the names are not to be written.
    private func appendScheme(
        _ head: borrowing RequestHead, _ context: RequestContext, omitting ids: HeaderIDSet,
        _ buffer: inout ByteBuffer
    ) {
        if !ids.contains(.xForwardedPort) {
            buffer.append("\r\nX-Forwarded-Port: ")
            buffer.append(decimal: context.believedPort(head) ?? Int(context.reportedPort))
        }
        buffer.append("\r\n")
        for id in [HeaderID.xForwardedProto, .xForwardedScheme, .xScheme] where !ids.contains(id) {
            buffer.append(id.canonical)
            buffer.append(": ")
            if let given = context.believed(.xForwardedProto, head) {
                buffer.append(head.headers.value(given))
            } else {
                buffer.append(context.isSecureInFront ? "https" : "http")
            }
            buffer.append("\r\n")
        }
    }

    private let originals: HeaderIDSet = [.xForwardedFor, .xForwardedHost]

    /// What the client said of the hops before it, under names that claim nothing.
    private func appendOriginals(
        _ headers: borrowing HeaderBlock, omitting ids: HeaderIDSet, _ buffer: inout ByteBuffer
    ) {
        if addressField.firstIndex(in: headers) != nil, !ids.contains(.xOriginalForwardedFor) {
            buffer.append("X-Original-Forwarded-For: ")
            buffer.appendValues(of: addressField, headers)
            buffer.append("\r\n")
        }
        if hostField.firstIndex(in: headers) != nil, !ids.contains(.xOriginalForwardedHost) {
            buffer.append("X-Original-Forwarded-Host: ")
            buffer.appendValues(of: hostField, headers)
            buffer.append("\r\n")
        }
    }
}

extension ByteBuffer {
    /// Appends the values of all fields of a name as one list. Needs the bytes of the values and 2 for each.
    mutating func appendValues(of name: FieldName, _ headers: borrowing HeaderBlock) {
        var next = name.firstIndex(in: headers)
        var isFirst = true
        while let index = next {
            if !isFirst { append(", ") }
            isFirst = false
            append(headers.value(index))
            next = name.firstIndex(in: headers, from: index + 1)
        }
    }
}
