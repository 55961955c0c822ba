/// The language of text that policies hold for each request to fill in: captures (`$1`…`$9`) and variables
/// (`$host`, `${http_x_name}`), as nginx writes them.
public enum TemplateText {
    /// A reference in a text.
    public enum Reference: Sendable, Hashable {
        case capture(Int)
        case variable(String)
    }

    /// Why a text is no template.
    public enum Fault: Error, Hashable, CustomStringConvertible {
        /// The `$` at a byte names nothing.
        case malformed(offset: Int)
        case unknown(String)

        public var description: String {
            switch self {
            case .malformed(let offset): "has a $ at byte \(offset) that names no variable"
            case .unknown(let name): "names $\(name), which isn't known"
            }
        }
    }

    /// What a text refers to, in its order.
    public static func references(in text: String) throws(Fault) -> [Reference] { try split(text).references }

    /// The text around what it refers to, in its order: one part more than there are references.
    public static func literals(in text: String) throws(Fault) -> [String] { try split(text).literals }

    private static func split(_ text: String) throws(Fault) -> (literals: [String], references: [Reference]) {
        let bytes = Array(text.utf8)
        var found: [Reference] = []
        var literals: [String] = []
        var position = 0
        while let dollar = bytes[position...].firstIndex(of: UInt8(ascii: "$")) {
            literals.append(String(decoding: bytes[position..<dollar], as: UTF8.self))
            var next = dollar + 1
            guard next < bytes.count else { throw .malformed(offset: dollar) }
            if (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(bytes[next]) {
                found.append(.capture(Int(bytes[next] - UInt8(ascii: "0"))))
                position = next + 1
                continue
            }
            let isBraced = bytes[next] == UInt8(ascii: "{")
            if isBraced { next += 1 }
            let end = bytes[next...].firstIndex { !isNameByte($0) } ?? bytes.count
            guard end > next, !isBraced || (end < bytes.count && bytes[end] == UInt8(ascii: "}")) else {
                throw .malformed(offset: dollar)
            }
            let name = String(decoding: bytes[next..<end], as: UTF8.self)
            if isBraced, let group = Int(name), (1...9).contains(group) {
                found.append(.capture(group))
            } else {
                found.append(.variable(name))
            }
            position = isBraced ? end + 1 : end
        }
        literals.append(String(decoding: bytes[position...], as: UTF8.self))
        return (literals, found)
    }

    /// What is wrong with a text; nil when each request can fill it in.
    ///
    /// - Parameter variables: further names, which the configuration itself sets.
    public static func fault(in text: String, variables: Set<String> = []) -> Fault? {
        do throws(Fault) {
            for case .variable(let name) in try references(in: text) {
                guard isKnown(name) || variables.contains(name) else { throw .unknown(name) }
            }
            return nil
        } catch {
            return error
        }
    }

    /// Whether a variable stands for something without being set.
    public static func isKnown(_ name: String) -> Bool {
        names.contains(name)
            || families.contains { name.hasPrefix($0) && name.count > $0.count && !name.hasSuffix("_") }
    }

    /// Names that begin so, with the name of a field, cookie or argument behind.
    public static let families = ["http_", "arg_", "cookie_", "sent_http_", "upstream_http_", "upstream_cookie_"]

    /// Every other name.
    public static let names: Set<String> = ownNames.union(GeoVariable.all.map(\.name))

    private static let ownNames: Set<String> = [
        "args", "best_http_host", "binary_remote_addr", "body_bytes_sent", "bytes_sent", "connection",
        "connection_requests", "connection_upgrade", "content_length", "content_type", "document_uri",
        "escaped_request_uri", "host", "hostname", "http_host", "https", "ingress_name", "is_args", "literal_dollar",
        "location_path", "msec", "namespace", "pass_access_scheme", "pass_port", "pass_server_port", "pid",
        "proxy_add_x_forwarded_for", "proxy_alternative_upstream_name", "proxy_host", "proxy_protocol_addr",
        "proxy_upstream_name", "query_string", "realip_remote_addr",
        "remote_addr", "remote_port", "remote_user", "req_id", "request", "request_id", "request_length",
        "request_method", "request_time", "request_uri", "scheme", "server_addr", "server_name", "server_port",
        "server_protocol", "service_name", "service_port", "ssl_cipher", "ssl_client_escaped_cert",
        "ssl_client_fingerprint", "ssl_client_i_dn", "ssl_client_s_dn", "ssl_client_serial", "ssl_client_verify",
        "ssl_protocol", "ssl_server_name", "ssl_session_reused", "status", "time_iso8601", "time_local",
        "upstream_addr", "upstream_cache_status", "upstream_connect_time", "upstream_header_time",
        "upstream_response_length", "upstream_response_time", "upstream_status", "uri",
    ]

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
