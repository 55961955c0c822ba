/// A request or response as it came over the wire, taken apart by code that shares nothing with the proxy's.
public struct Message: Sendable {
    public struct Field: Equatable, Sendable {
        public let name: String
        public let value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How the end of the body was found.
    public enum Framing: Equatable, Sendable {
        case none
        case length(Int)
        case chunked
        case untilClose
    }

    public var startLine: String
    public var fields: [Field]
    public var framing = Framing.none
    public var body: [UInt8] = []
    public var trailers: [Field] = []
    /// Heads with 1xx that came before a response.
    public var interim: [Message] = []

    /// - Parameter head: start line and field lines, without the empty line.
    init(head: String) throws {
        // Strings would take CRLF for one character, and a lone CR or LF must not pass for a line end.
        let lines = head.utf8.splitLines()
        guard let first = lines.first, !first.isEmpty else { throw WireFault.malformed("no start line: \(head)") }
        startLine = first
        fields = try Self.fields(lines.dropFirst())
    }

    static func fields(_ lines: some Sequence<String>) throws -> [Field] {
        try lines.map { line in
            guard let colon = line.firstIndex(of: ":") else { throw WireFault.malformed("no field: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return Field(name: String(line[..<colon]), value: String(value))
        }
    }

    /// The value of the first field of that name, in any case.
    public subscript(name: String) -> String? { values(name).first }

    /// The values of all fields of that name, in any case.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    public var status: Int { Int(startLine.dropFirst(9).prefix(3)) ?? 0 }
    public var version: String { String(startLine.hasPrefix("HTTP/") ? startLine.prefix(8) : startLine.suffix(8)) }
    public var method: String { String(startLine.prefix { $0 != " " }) }
    public var target: String { String(startLine.dropFirst(method.count + 1).prefix { $0 != " " }) }
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// Names in the order they came.
    public var names: [String] { fields.map(\.name) }

    /// What the fields say of a request's body.
    func requestFraming() throws -> Framing {
        if let coding = self["Transfer-Encoding"] {
            guard coding == "chunked", self["Content-Length"] == nil else {
                throw WireFault.malformed("ambiguous framing")
            }
            return .chunked
        }
        guard let length = self["Content-Length"] else { return .none }
        guard let count = Int(length), values("Content-Length").count == 1 else {
            throw WireFault.malformed("content length \(length)")
        }
        return .length(count)
    }

    /// What the fields say of the body of a response to `method`.
    func responseFraming(to method: String) throws -> Framing {
        if method == "HEAD" || status == 204 || status == 304 || status < 200 { return .none }
        let framing = try requestFraming()
        return framing == .none ? .untilClose : framing
    }
}

extension String.UTF8View {
    /// The text between line ends of CR and LF; a CR or LF that stands alone is kept.
    func splitLines() -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        for byte in self {
            if byte == 0x0A, line.last == 0x0D {
                lines.append(String(decoding: line.dropLast(), as: UTF8.self))
                line = []
            } else {
                line.append(byte)
            }
        }
        lines.append(String(decoding: line, as: UTF8.self))
        return lines
    }
}
