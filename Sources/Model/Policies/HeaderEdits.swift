/// Changes to the fields of requests that go upstream and of responses that go to clients, own pages included
/// (`custom-headers`, `x-forwarded-prefix` and snippets in ingress-nginx; header modifiers elsewhere).
///
/// Edits act in the order of their list, each on what those before it left.
public struct HeaderEdits: Sendable, Hashable {
    /// A field with a literal value.
    public struct Field: Sendable, Hashable {
        /// A token (RFC 9110 §5.6.2).
        public var name: String
        /// Without control bytes.
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What a field's value comes from.
    public enum Value: Sendable, Hashable {
        /// The text itself; a `$` means nothing.
        case literal(String)
        /// Text with variables and captures (`$host`, `$1`).
        case template(String)
        /// The moment of the response and so many seconds, as an HTTP date (RFC 9110 §5.6.7).
        case date(afterSeconds: Int)
    }

    /// When an edit of a response acts. All parts must hold; an absent part always does.
    public struct Condition: Sendable, Hashable {
        /// Only for these statuses; nil is all.
        public var statuses: [Int]?
        /// Only for responses of these media types, in lower case; nil is all.
        public var mediaTypes: [String]?
        /// Only on connections from clients that are encrypted.
        public var needsSecureConnection = false
        /// Only where the request went through one of these branches of the route's rules; nil is all.
        public var branches: [Int]?

        public static let always = Condition()

        public init(statuses: [Int]? = nil, mediaTypes: [String]? = nil, branches: [Int]? = nil) {
            self.statuses = statuses
            self.mediaTypes = mediaTypes
            self.branches = branches
        }
    }

    /// One change.
    public struct Edit: Sendable, Hashable {
        /// What is done to fields of the name.
        public enum Operation: String, Sendable, Hashable {
            /// Takes the place of all fields of the name; an empty value takes them away.
            case set
            /// The same where the message has such a field, else nothing.
            case setIfPresent = "set if present"
            /// One more field of the name; an empty value adds none.
            case append
            /// Takes all fields of the name away; a name that ends in `*` means all that begin with the rest.
            case remove
        }

        public var operation: Operation
        /// A token; for `remove` one that may end in `*`.
        public var name: String
        public var value: Value
        public var condition: Condition

        public init(
            _ operation: Operation, _ name: String, _ value: Value = .literal(""), when condition: Condition = .always
        ) {
            self.operation = operation
            self.name = name
            self.value = value
            self.condition = condition
        }
    }

    /// Act on the client's fields once the route is known: what follows sees them as if they had been sent so.
    public var onReceipt: [Edit]
    /// Act on what the upstream is sent, computed fields included.
    public var onRequest: [Edit]
    /// Act on what the client is sent.
    public var onResponse: [Edit]
    /// Fields of the upstream's that reach the client though the proxy drops them by default, in lower case.
    public var passedOnResponse: [String]
    /// What responses are said to be written in, by the fields that the edits have left.
    public var charset = CharsetEdits()

    public init(
        onReceipt: [Edit] = [], onRequest: [Edit] = [], onResponse: [Edit] = [], passedOnResponse: [String] = []
    ) {
        self.onReceipt = onReceipt
        self.onRequest = onRequest
        self.onResponse = onResponse
        self.passedOnResponse = passedOnResponse
    }

    /// Literal fields that take the upstream's place on every response.
    public init(setOnResponse fields: [Field]) {
        self.init(onResponse: fields.map { Edit(.set, $0.name, .literal($0.value)) })
    }

    public var isEmpty: Bool {
        onReceipt.isEmpty && onRequest.isEmpty && onResponse.isEmpty && passedOnResponse.isEmpty && charset.isEmpty
    }

    /// Whether a value may depend on the route that the edits stand in.
    public var holdsTemplates: Bool {
        (onReceipt + onRequest + onResponse).contains {
            if case .template(let text) = $0.value { text.contains("$") } else { false }
        }
    }

    /// Behind these edits those of `other`.
    public mutating func append(_ other: HeaderEdits) {
        onReceipt += other.onReceipt
        onRequest += other.onRequest
        onResponse += other.onResponse
        passedOnResponse += other.passedOnResponse
        charset.append(other.charset)
    }
}

extension HeaderEdits {
    /// One line for each edit, for people: `response header X-Team: blue`, `request without header X-Token`.
    var lines: [String] {
        onReceipt.map { $0.line(of: "client's") } + onRequest.map { $0.line(of: "request") }
            + onResponse.map { $0.line(of: "response") }
            + passedOnResponse.map { "response keeps header \($0)" } + charset.lines
    }
}

extension HeaderEdits.Edit {
    /// Fields whose values are credentials.
    private static let secret: Set<String> = ["authorization", "proxy-authorization", "cookie", "x-api-key"]

    fileprivate func line(of message: String) -> String {
        // What opens a door stands in no text.
        let value = Self.secret.contains(name.lowercased()) && value != .literal("") ? "…" : value.description
        let text =
            switch operation {
            case .set: "\(message) header \(name): \(value)"
            case .setIfPresent: "\(message) header \(name) if present: \(value)"
            case .append: "\(message) header added \(name): \(value)"
            case .remove: "\(message) without header \(name)"
            }
        return text + condition.suffix
    }
}

extension HeaderEdits.Value: CustomStringConvertible {
    public var description: String {
        switch self {
        case .literal(let text): text
        case .template(let text): text
        case .date(let seconds): "the time and \(seconds)s"
        }
    }
}

extension HeaderEdits.Condition {
    fileprivate var suffix: String {
        var text = ""
        if let statuses { text += " on \(statuses.map(String.init).joined(separator: " "))" }
        if let mediaTypes { text += " for \(mediaTypes.joined(separator: " "))" }
        if needsSecureConnection { text += " over TLS" }
        if let branches { text += " in branch \(branches.map(String.init).joined(separator: ", "))" }
        return text
    }
}
