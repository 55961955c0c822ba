import Bytes
import HTTP
public import Model

extension Template {
    /// What variables stand for when a route is compiled.
    public struct Constants: Sendable {
        var values: [String: String]
        /// Variables that the configuration sets, by name.
        var variables: [String: Int] = [:]
        /// Those of them that hold a group of a pattern, thus bytes of the client's choice.
        var captured: Set<Int> = []

        /// For what no route answers: names of routes are empty.
        public static let unrouted = Constants(
            Route(
                match: RouteMatch(path: .prefix("/")), action: .refuse(status: 404, reason: ""), labels: RouteLabels(),
                origin: .builtIn), host: VirtualHost(name: .any, origin: .builtIn))

        public init(_ route: Route, host: VirtualHost) {
            let labels = route.labels
            values = [
                "namespace": labels.namespace, "ingress_name": labels.object, "service_name": labels.service,
                "service_port": labels.servicePort, "location_path": labels.path, "literal_dollar": "$",
                "server_name": host.name == .any ? "_" : host.name.description,
                "proxy_alternative_upstream_name": "", "body_bytes_sent": "0", "bytes_sent": "0",
                "proxy_upstream_name": "", "proxy_host": "",
            ]
            if route.policy.responseCache == nil { values["upstream_cache_status"] = "" }
            for (number, name) in (route.policy.rules?.variables ?? []).enumerated() { variables[name] = number }
            captured = Set((route.policy.rules?.namedGroups ?? []).compactMap { variables[$0.name] })
            if case .forward(let upstream) = route.action {
                values["proxy_upstream_name"] = upstream.name
                values["proxy_host"] = upstream.name
            }
        }
    }

    /// - Throws: for a variable that isn't known, and for a `$` that names none.
    public init(_ text: String, _ constants: Constants) throws(FilterError) {
        try self.init(Array(text.utf8)[...], constants, escapingLiterals: .verbatim)
    }

    /// - Parameter escaping: how the template's own text is written; `.path` when it is sent as nginx sends a
    ///   changed path.
    init(
        _ text: ArraySlice<UInt8>, _ constants: Constants, escapingLiterals escaping: Escaping
    ) throws(FilterError) {
        var compiler = TemplateCompiler(constants: constants, escaping: escaping)
        try compiler.compile(text)
        bytes = compiler.bytes
        pieces = compiler.pieces
    }
}

private struct TemplateCompiler {
    let constants: Template.Constants
    let escaping: Escaping
    var bytes: [UInt8] = []
    var pieces: [Template.Piece] = []

    mutating func compile(_ text: ArraySlice<UInt8>) throws(FilterError) {
        var position = text.startIndex
        var literalStart = position
        while position < text.endIndex {
            guard text[position] == .dollar else {
                position += 1
                continue
            }
            appendLiteral(text[literalStart..<position])
            position = try compileReference(in: text, at: position)
            literalStart = position
        }
        appendLiteral(text[literalStart...])
    }

    /// Compiles what the `$` at `start` names and returns where the text goes on.
    private mutating func compileReference(in text: ArraySlice<UInt8>, at start: Int) throws(FilterError) -> Int {
        var position = start + 1
        guard position < text.endIndex else { throw .malformedVariable(offset: start - text.startIndex) }
        if text[position] > .zero, text[position] <= .nine {
            appendCapture(Int(text[position] - .zero))
            return position + 1
        }
        let isBraced = text[position] == UInt8(ascii: "{")
        if isBraced { position += 1 }
        let nameStart = position
        while position < text.endIndex, text[position].isVariableName { position += 1 }
        let name = String(decoding: text[nameStart..<position], as: UTF8.self)
        guard !name.isEmpty else { throw .malformedVariable(offset: start - text.startIndex) }
        if isBraced {
            guard position < text.endIndex, text[position] == UInt8(ascii: "}") else {
                throw .malformedVariable(offset: start - text.startIndex)
            }
            position += 1
        }
        if isBraced, let group = Int(name), (1...9).contains(group) {
            appendCapture(group)
        } else if let number = constants.variables[name] {
            let holdsGroup = constants.captured.contains(number)
            pieces.append(holdsGroup && endsInHost ? .ownBehindHost(number) : .variable(.own(number)))
        } else if let value = constants.values[name] {
            appendLiteral(Array(value.utf8)[...])
        } else {
            pieces.append(.variable(try variable(name)))
        }
        return position
    }

    /// A capture directly behind `scheme://host` could complete the host with bytes of the client's choice,
    /// where the author meant a path; so it begins one.
    private mutating func appendCapture(_ group: Int) {
        if endsInHost { pieces.append(.captureBehindHost(group)) } else { pieces.append(.capture(group)) }
    }

    /// Whether the text so far is a URL that ends within a literal host.
    private var endsInHost: Bool {
        guard case .literal(let range)? = pieces.first, pieces.count == 1, let last = bytes[range].last else {
            return false
        }
        let text = bytes[range]
        let scheme = text.starts(with: "http://".utf8) ? 7 : text.starts(with: "https://".utf8) ? 8 : 0
        return scheme > 0 && !text.dropFirst(scheme).contains { $0 == .slash || $0 == .questionMark }
            && (last.isLetter || last.isDigit)
    }

    private mutating func appendLiteral(_ text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        let start = bytes.count
        var escaped = ByteBuffer(capacity: 3 * text.count)
        _ = escaped.append(encoded: Array(text).span, escaping)
        bytes += escaped.readable.copied()
        if case .literal(let previous)? = pieces.last {
            pieces[pieces.count - 1] = .literal(previous.lowerBound..<bytes.count)
        } else {
            pieces.append(.literal(start..<bytes.count))
        }
    }

    private mutating func variable(_ name: String) throws(FilterError) -> Template.Variable {
        if let variable = Self.simple[name] { return variable }
        if let place = GeoVariable.named(name) { return .place(place.number) }
        if name.hasSuffix("_") { throw .unknownVariable(name) }
        if name.hasPrefix("http_") { return field(named: name.dropFirst(5)) }
        if name.hasPrefix("arg_") { return .argument(keep(name.dropFirst(4))) }
        if name.hasPrefix("cookie_") { return .cookie(keep(name.dropFirst(7))) }
        if name.hasPrefix("sent_http_") { return responseField(named: name.dropFirst(10)) }
        if name.hasPrefix("upstream_http_") { return responseField(named: name.dropFirst(14)) }
        if name.hasPrefix("upstream_cookie_") { return .responseCookie(keep(name.dropFirst(16))) }
        throw .unknownVariable(name)
    }

    /// nginx writes `-` of a field's name as `_`.
    private mutating func field(named name: Substring) -> Template.Variable {
        let name = name.utf8.map { $0 == .underscore ? .hyphen : $0 }
        let id = HeaderID(name: name.span)
        return id != .other ? .field(id) : .namedField(keep(bytes: name))
    }

    private mutating func responseField(named name: Substring) -> Template.Variable {
        let name = name.utf8.map { $0 == .underscore ? .hyphen : $0 }
        let id = HeaderID(name: name.span)
        return id != .other ? .responseField(id) : .namedResponseField(keep(bytes: name))
    }

    private mutating func keep(_ name: Substring) -> Range<Int> { keep(bytes: Array(name.utf8)) }

    private mutating func keep(bytes name: [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes += name
        return start..<bytes.count
    }

    private static let simple: [String: Template.Variable] = [
        "host": .host, "http_host": .hostField, "best_http_host": .bestHost, "request_uri": .requestTarget,
        "uri": .path, "document_uri": .path, "args": .query, "query_string": .query, "is_args": .queryMark,
        "scheme": .scheme, "pass_access_scheme": .bestScheme, "https": .secureFlag, "remote_addr": .clientAddress,
        "realip_remote_addr": .peerAddress, "proxy_protocol_addr": .announcedAddress,
        "proxy_add_x_forwarded_for": .forwardedFor, "hostname": .fact(.machineName), "request_method": .method,
        "server_port": .localPort,
        "pass_server_port": .localPort, "pass_port": .bestPort, "server_protocol": .version,
        "request_id": .requestID, "req_id": .requestID, "content_type": .field(.contentType),
        "content_length": .field(.contentLength), "request": .requestLine, "request_body": .requestBody,
        "escaped_request_uri": .escapedTarget,
        "remote_user": .user, "binary_remote_addr": .clientBytes, "connection_upgrade": .connectionUpgrade,
        "status": .fact(.status), "upstream_status": .fact(.upstreamStatus),
        "upstream_addr": .fact(.upstreamAddress), "upstream_connect_time": .fact(.connectTime),
        "upstream_header_time": .fact(.headerTime), "upstream_response_time": .fact(.responseTime),
        "upstream_response_length": .responseField(.contentLength), "request_time": .fact(.requestTime),
        "request_length": .fact(.requestLength), "msec": .fact(.seconds), "time_iso8601": .fact(.isoTime),
        "time_local": .fact(.localTime), "connection": .fact(.connection),
        "connection_requests": .fact(.connectionRequests), "pid": .fact(.process), "remote_port": .fact(.clientPort),
        "server_addr": .fact(.serverAddress), "upstream_cache_status": .fact(.cacheStatus),
        "ssl_protocol": .security(.protocolName),
        "ssl_cipher": .security(.cipher), "ssl_server_name": .security(.serverName),
        "ssl_session_reused": .security(.isResumed), "ssl_client_verify": .security(.verification),
        "ssl_client_s_dn": .security(.subject), "ssl_client_i_dn": .security(.issuer),
        "ssl_client_serial": .security(.serial), "ssl_client_fingerprint": .security(.fingerprint),
        "ssl_client_escaped_cert": .security(.escapedCertificate),
        "opentelemetry_context_traceparent": .traceParent(continues: true),
        "opentelemetry_new_traceparent": .traceParent(continues: false),
    ]

}

extension UInt8 {
    fileprivate var isVariableName: Bool { isLetter || isDigit || self == .underscore }
}
