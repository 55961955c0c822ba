/// How values are written between the literal parts of a line, as nginx's `escape=` parameter.
public enum LogEscaping: Sendable {
    /// `"`, `\` and bytes below 32 or above 126 as `\xXX`; an unset value is `-`.
    case standard
    /// As within a JSON string; an unset value is empty.
    case json
    /// As they are, but for control bytes other than tabs, which are `\xXX`: nginx would let clients end lines. An unset
    /// value is empty.
    case none
}

/// A compiled `log_format` (`log-format-upstream` of ingress-nginx).
public struct AccessLogFormat: Sendable {
    /// Why a format cannot be compiled.
    public enum Fault: Error, Hashable, CustomStringConvertible {
        case unknownVariable(String)
        case emptyVariable(offset: Int)
        case unclosedBrace(offset: Int)
        case tooLong(limitBytes: Int)

        public var description: String {
            switch self {
            case .unknownVariable(let name): "there is no variable $\(name)"
            case .emptyVariable(let offset): "$ without a name at byte \(offset)"
            case .unclosedBrace(let offset): "${ without } at byte \(offset)"
            case .tooLong(let limit): "longer than \(limit) bytes"
            }
        }
    }

    enum Segment: Sendable {
        /// Bytes of `literals`.
        case literal(start: UInt32, end: UInt32)
        case record(RecordVariable)
        case text(AccessText)
    }

    /// ingress-nginx's default.
    public static let defaultText =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "#
        + #""$http_user_agent" $request_length $request_time [$proxy_upstream_name] "#
        + "[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time "
        + "$upstream_status $req_id"

    /// Longest format, in bytes.
    public static let limitBytes = 16 << 10

    public let escaping: LogEscaping
    let segments: ContiguousArray<Segment>
    let literals: ContiguousArray<UInt8>
    /// The headers, cookies and arguments that payloads of `AccessText` mean.
    let names: [[UInt8]]

    /// One of them.
    public func name(_ index: Int) -> [UInt8] { names[index] }

    /// - Parameters:
    ///   - hostName: what `$hostname` stands for.
    ///   - places: names of variables that say where a client is, in the order of their numbers.
    public init(
        _ text: String = defaultText, escaping: LogEscaping = .standard, hostName: String = "",
        places: [String] = []
    ) throws(Fault) {
        guard text.utf8.count <= Self.limitBytes else { throw .tooLong(limitBytes: Self.limitBytes) }
        var compiler = Compiler(Array(text.utf8), hostName: Array(hostName.utf8), places: places)
        try compiler.run()
        self.escaping = escaping
        segments = compiler.segments
        literals = compiler.literals
        names = compiler.names
    }
}
