import Bytes
import HTTP

extension Template {
    /// A variable of nginx or ingress-nginx whose value depends on the request.
    enum Variable: Sendable, Equatable {
        /// `$host`: in lower case, without port.
        case host
        /// `$http_host`: as the client gave it.
        case hostField
        /// `$best_http_host`: a believed `X-Forwarded-Host`, else as `$http_host`.
        case bestHost
        /// `$request_uri`: path and query as sent.
        case requestTarget
        /// `$uri`, `$document_uri`: the normalised path.
        case path
        /// `$args`, `$query_string`
        case query
        /// `$is_args`: `?` when there is a query.
        case queryMark
        /// `$scheme`
        case scheme
        /// `$pass_access_scheme`: a believed `X-Forwarded-Proto`, else what the client speaks, with us or with whoever
        /// sends a PROXY header for port 443.
        case bestScheme
        /// `$https`: `on` or nothing.
        case secureFlag
        /// `$remote_addr`
        case clientAddress
        /// `$realip_remote_addr`
        case peerAddress
        /// `$proxy_protocol_addr`: the address that a PROXY header tells.
        case announcedAddress
        /// `$proxy_add_x_forwarded_for`: the client's `X-Forwarded-For` with the client's address behind it.
        case forwardedFor
        /// `$request_method`
        case method
        /// `$server_port`, `$pass_server_port`
        case localPort
        /// `$pass_port`
        case bestPort
        /// `$server_protocol`
        case version
        /// `$request_id`, `$req_id`
        case requestID
        /// `$http_<name>` of a known field, all its lines as one list.
        case field(HeaderID)
        /// `$http_<name>` of any other field; the name's bytes in the template.
        case namedField(Range<Int>)
        /// `$arg_<name>`: the value of the first argument of that name, in any case, as sent.
        case argument(Range<Int>)
        /// `$cookie_<name>`
        case cookie(Range<Int>)
        /// `$request`: the request line.
        case requestLine
        /// `$escaped_request_uri`: `$request_uri` fit for a query's value.
        case escapedTarget
        /// `$remote_user`: the user name of basic authentication, proven or not.
        case user
        /// `$binary_remote_addr`: 4 or 16 bytes.
        case clientBytes
        /// `$opentelemetry_context_traceparent`: this request's place in a trace, the client's or a new one.
        case traceParent(continues: Bool)
        /// `$connection_upgrade`: `upgrade` when the client asks for one.
        case connectionUpgrade
        /// `$geoip2_…`, by its number in `GeoVariable.all`.
        case place(Int)
        /// `$request_body`: what is in memory of it once it has been read.
        case requestBody
        /// A variable that the configuration sets, by its number.
        case own(Int)
        /// What `RequestFacts` knows.
        case fact(Fact)
        /// What the client's TLS connection says of itself.
        case security(SecurityFact)
        /// `$sent_http_<name>`, `$upstream_http_<name>`: a field of the response.
        case responseField(HeaderID)
        case namedResponseField(Range<Int>)
        /// `$upstream_cookie_<name>`: a cookie that the upstream sets.
        case responseCookie(Range<Int>)
    }

    func append(
        _ variable: Variable, _ head: borrowing RequestHead, _ context: RequestContext, _ escaping: Escaping,
        _ variables: RequestVariables?, _ buffer: inout ByteBuffer
    ) -> Bool {
        switch variable {
        case .own(let number):
            guard let variables else { return true }
            return variables.appendText(variables.range(of: number), escaping, to: &buffer)
        case .fact(let fact):
            guard let variables else { return true }
            return variables.append(fact, escaping, to: &buffer)
        case .requestBody: return variables?.appendBody(escaping, to: &buffer) ?? true
        case .security(let fact):
            guard let security = context.security else { return true }
            return buffer.append(encoded: security.value(of: fact).span, escaping)
        case .place(let number): return context.append(place: number, escaping, to: &buffer)
        case .requestLine: return append(lineOf: head, escaping, &buffer)
        case .escapedTarget: return buffer.append(queryValue: head.originTarget)
        case .user: return BasicUser.append(of: head, escaping, to: &buffer)
        case .traceParent(let continues):
            return TraceParent.append(of: head, context, continues: continues, to: &buffer)
        case .clientBytes: return append(bytesOf: context.client, &buffer)
        case .connectionUpgrade:
            guard let index = head.headers.firstIndex(of: .upgrade), !head.headers[index].value.isEmpty else {
                return true
            }
            return buffer.append(encoded: ("upgrade" as StaticString).bytes, escaping)
        // Known to `ResponseEdits` alone, which does not come here for them.
        case .responseField, .namedResponseField, .responseCookie: return true
        case .host: return buffer.append(encoded: head.hostName, escaping)
        case .hostField: return buffer.append(encoded: head.host, escaping)
        case .bestHost: return buffer.append(encoded: context.bestHost(head), escaping)
        case .requestTarget: return buffer.append(encoded: head.originTarget, escaping)
        case .path:
            if let variables, let path = variables.path { return variables.appendText(path, escaping, to: &buffer) }
            return buffer.append(decoded: head.normalPath, escaping)
        case .announcedAddress:
            return context.announcedPort == 0 || append(short: .peerAddress, head, context, &buffer)
        case .forwardedFor:
            if head.headers.contains(.xForwardedFor) {
                guard append(linesOf: .xForwardedFor, head.headers, escaping, &buffer), buffer.room >= 4 else {
                    return false
                }
                if escaping == .verbatim { buffer.append(", ") } else { buffer.append(",%20") }
            }
            return append(short: .clientAddress, head, context, &buffer)
        case .query:
            if let variables, let query = variables.query {
                return variables.appendText(encoded: query, to: &buffer)
            }
            return buffer.append(encoded: head.query, escaping)
        case .method: return buffer.append(encoded: head.methodBytes, escaping)
        case .field(let id): return append(linesOf: id, head.headers, escaping, &buffer)
        case .namedField(let name):
            guard let index = head.headers.firstIndex(named: bytes.span.extracting(name)) else { return true }
            return buffer.append(encoded: head.headers.value(index), escaping)
        case .argument(let name):
            guard let value = QueryArguments.value(of: bytes.span.extracting(name), in: head.query) else {
                return true
            }
            return buffer.append(encoded: head.query.extracting(value), escaping)
        case .cookie(let name):
            guard let value = head.headers.cookie(named: bytes.span.extracting(name)) else { return true }
            return buffer.append(encoded: head.headers.bytes(in: value), escaping)
        case .bestScheme:
            if let index = context.believed(.xForwardedProto, head) {
                return buffer.append(encoded: head.headers.value(index), escaping)
            }
            return append(short: .bestScheme, head, context, &buffer)
        case .requestID:
            if let index = context.givenRequestID(head) {
                return buffer.append(encoded: head.headers.value(index), escaping)
            }
            return append(short: .requestID, head, context, &buffer)
        case .queryMark, .scheme, .secureFlag, .clientAddress, .peerAddress, .localPort, .bestPort, .version:
            return append(short: variable, head, context, &buffer)
        }
    }

    /// Values that the proxy makes, all of harmless bytes and short.
    private func append(
        short variable: Variable, _ head: borrowing RequestHead, _ context: RequestContext,
        _ buffer: inout ByteBuffer
    ) -> Bool {
        guard buffer.room >= 64 else { return false }
        switch variable {
        case .queryMark: if !head.query.isEmpty { buffer.append(.questionMark) }
        case .scheme: buffer.append(context.isSecure ? "https" : "http")
        case .bestScheme: buffer.append(context.isSecureInFront ? "https" : "http")
        case .secureFlag: if context.isSecure { buffer.append("on") }
        case .clientAddress: context.client.write(to: &buffer)
        case .peerAddress: context.peer.write(to: &buffer)
        case .localPort: buffer.append(decimal: Int(context.localPort))
        case .bestPort: buffer.append(decimal: context.believedPort(head) ?? Int(context.reportedPort))
        case .version: buffer.append(head.version.name)
        case .requestID:
            buffer.append(hexadecimalWord: context.requestIDHigh)
            buffer.append(hexadecimalWord: context.requestIDLow)
        default: break
        }
        return true
    }

    private func append(
        lineOf head: borrowing RequestHead, _ escaping: Escaping, _ buffer: inout ByteBuffer
    ) -> Bool {
        let blank: StaticString = " "
        return buffer.append(encoded: head.methodBytes, escaping) && buffer.append(encoded: blank.bytes, escaping)
            && buffer.append(encoded: head.target, escaping) && buffer.append(encoded: blank.bytes, escaping)
            && buffer.append(encoded: head.version.name.bytes, escaping)
    }

    /// An IPv4 address in 4 bytes, an IPv6 address in 16, the first byte first.
    private func append(bytesOf address: ClientAddress, _ buffer: inout ByteBuffer) -> Bool {
        guard buffer.room >= 16 else { return false }
        if !address.isV4 {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                buffer.append(UInt8(truncatingIfNeeded: address.high >> shift))
            }
        }
        for shift in stride(from: UInt64(address.isV4 ? 24 : 56), through: 0, by: -8) {
            buffer.append(UInt8(truncatingIfNeeded: address.low >> shift))
        }
        return true
    }

    /// Lines of one name are joined as nginx joins them: cookies by `; `, others by `, `.
    private func append(
        linesOf id: HeaderID, _ headers: borrowing HeaderBlock, _ escaping: Escaping, _ buffer: inout ByteBuffer
    ) -> Bool {
        var next = headers.firstIndex(of: id)
        var isFirst = true
        while let index = next {
            if !isFirst {
                guard buffer.room >= 4 else { return false }
                buffer.append(id == .cookie ? .semicolon : .comma)
                if escaping == .verbatim { buffer.append(.space) } else { buffer.append("%20") }
            }
            isFirst = false
            guard buffer.append(encoded: headers.value(index), escaping) else { return false }
            next = headers.firstIndex(of: id, from: index + 1)
        }
        return true
    }
}

/// Looks into a query (`name=value&…`) without decoding it.
public enum QueryArguments {
    /// The value of the first argument with a name, compared without case as nginx does, or nil.
    public static func value(of name: Span<UInt8>, in query: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < query.count {
            let end = query.firstIndex(of: .ampersand, from: start) ?? query.count
            let nameEnd = start + name.count
            if nameEnd < end, query[nameEnd] == .equals,
                query.extracting(start..<nameEnd).equalsIgnoringCase(name)
            {
                return nameEnd + 1..<end
            }
            start = end + 1
        }
        return nil
    }
}
