internal import Bytes

extension AccessLogFormat {
    /// Splits a format into literals and variables.
    struct Compiler {
        var segments: ContiguousArray<Segment> = []
        var literals: ContiguousArray<UInt8> = []
        var names: [[UInt8]] = []
        private let text: [UInt8]
        private let hostName: [UInt8]
        private let places: [String]
        private var offset = 0

        init(_ text: [UInt8], hostName: [UInt8], places: [String]) {
            self.places = places
            self.text = text
            self.hostName = hostName
        }

        mutating func run() throws(Fault) {
            while offset < text.count {
                if text[offset] == .dollar { try readVariable() } else { readLiteral() }
            }
        }

        private mutating func readLiteral() {
            let start = offset
            while offset < text.count, text[offset] != .dollar { offset += 1 }
            append(literal: text[start..<offset])
        }

        /// `$name` or `${name}`.
        private mutating func readVariable() throws(Fault) {
            let dollar = offset
            offset += 1
            let braced = offset < text.count && text[offset] == 0x7B
            if braced { offset += 1 }
            let start = offset
            while offset < text.count, text[offset].isLetter || text[offset].isDigit || text[offset] == .underscore {
                offset += 1
            }
            let name = text[start..<offset]
            guard !name.isEmpty else { throw .emptyVariable(offset: dollar) }
            if braced {
                guard offset < text.count, text[offset] == 0x7D else { throw .unclosedBrace(offset: dollar) }
                offset += 1
            }
            try append(variable: String(decoding: name, as: UTF8.self))
        }

        private mutating func append(literal: ArraySlice<UInt8>) {
            let start = UInt32(literals.count)
            literals.append(contentsOf: literal)
            let end = UInt32(literals.count)
            // Two literals meet around `$literal_dollar`.
            if case .literal(let before, _) = segments.last {
                segments[segments.count - 1] = .literal(start: before, end: end)
            } else {
                segments.append(.literal(start: start, end: end))
            }
        }

        private mutating func append(variable name: String) throws(Fault) {
            if name == "literal_dollar" { return append(literal: [.dollar]) }
            if name == "hostname" { return append(literal: hostName[...]) }
            if let variable = AccessLogFormat.recordVariables[name] {
                segments.append(.record(variable))
            } else if let text = AccessLogFormat.texts[name] {
                segments.append(.text(text))
            } else if let text = named(Self.aliases[name] ?? name) {
                segments.append(.text(text))
            } else if let place = places.firstIndex(of: name) {
                segments.append(.text(.place(place)))
            } else if AccessLogFormat.isNeverSet(name) {
                segments.append(.record(.never))
            } else {
                throw .unknownVariable(name)
            }
        }

        /// The families `$http_…`, `$sent_http_…`, `$upstream_http_…`, `$cookie_…` and `$arg_…`.
        private mutating func named(_ name: String) -> AccessText? {
            let header = { (rest: Substring) in Array(rest.lowercased().utf8.map { $0 == .underscore ? .hyphen : $0 }) }
            for (prefix, make) in Self.families where name.hasPrefix(prefix) && name.count > prefix.count {
                let rest = name.dropFirst(prefix.count)
                let isHeader = prefix.hasSuffix("http_")
                names.append(isHeader ? header(rest) : Array(rest.utf8))
                return make(names.count - 1)
            }
            return nil
        }

        private static let aliases = ["content_type": "http_content_type", "content_length": "http_content_length"]
        private static let families: [(prefix: String, make: @Sendable (Int) -> AccessText)] = [
            ("http_", { .requestHeader($0) }), ("sent_http_", { .responseHeader($0) }),
            ("upstream_http_", { .upstreamHeader($0) }), ("cookie_", { .cookie($0) }), ("arg_", { .argument($0) }),
        ]
    }

    /// Variables that the record answers.
    private static let recordVariables: [String: RecordVariable] = [
        "remote_addr": .remoteAddress, "the_real_ip": .remoteAddress, "remote_port": .remotePort,
        "realip_remote_addr": .peerAddress, "server_port": .serverPort,
        "time_local": .timeLocal, "time_iso8601": .timeISO8601, "msec": .timeSeconds,
        "status": .status, "request_length": .requestLength, "body_bytes_sent": .bodyBytesSent,
        "bytes_sent": .bytesSent, "request_time": .requestTime,
        "connection_requests": .connectionRequests, "pid": .processID,
        "upstream_addr": .upstreamAddress, "upstream_status": .upstreamStatus,
        "upstream_response_length": .upstreamResponseLength, "upstream_response_time": .upstreamResponseTime,
        "upstream_connect_time": .upstreamConnectTime, "upstream_header_time": .upstreamHeaderTime,
    ]

    /// Variables that the exchange answers.
    private static let texts: [String: AccessText] = [
        "request": .request, "request_method": .method, "request_uri": .requestTarget, "uri": .path,
        "document_uri": .path, "args": .arguments, "query_string": .arguments, "host": .host,
        "best_http_host": .bestHost, "remote_user": .remoteUser, "req_id": .requestID, "request_id": .requestID,
        "scheme": .scheme, "pass_access_scheme": .bestScheme, "server_protocol": .protocol,
        "server_name": .serverName, "server_addr": .serverAddress, "connection": .connection, "namespace": .namespace,
        "ingress_name": .ingress, "service_name": .service, "service_port": .servicePort,
        "location_path": .locationPath, "proxy_upstream_name": .upstreamName, "proxy_host": .upstreamName,
        "proxy_alternative_upstream_name": .alternativeUpstreamName, "http_referer": .referer,
        "http_user_agent": .userAgent, "is_args": .argumentMark, "https": .secureFlag,
        "upstream_cache_status": .cacheStatus,
        "ssl_protocol": .security(.protocolName), "ssl_cipher": .security(.cipher),
        "ssl_server_name": .security(.serverName), "ssl_session_reused": .security(.isResumed),
        "ssl_client_verify": .security(.verification), "ssl_client_s_dn": .security(.subject),
        "ssl_client_i_dn": .security(.issuer), "ssl_client_serial": .security(.serial),
        "ssl_client_fingerprint": .security(.fingerprint),
    ]

    /// Variables of ingress-nginx that stand for what is not done here, so formats that name them
    /// still work.
    private static func isNeverSet(_ name: String) -> Bool {
        if neverSetPrefixes.contains(where: name.hasPrefix) { return true }
        return neverSet.contains(name)
    }

    private static let neverSetPrefixes = ["ssl_", "geoip2_", "geoip_", "upstream_cookie_", "proxy_protocol_"]
    private static let neverSet: Set<String> = [
        "binary_remote_addr", "request_body",
        "pipe", "gzip_ratio", "connection_upgrade", "auth_cookie", "pass_port",
        "pass_server_port", "escaped_request_uri", "opentelemetry_trace_id", "opentelemetry_span_id",
        "opentelemetry_context_traceparent", "tcpinfo_rtt",
    ]
}
