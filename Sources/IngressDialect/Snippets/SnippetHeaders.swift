import Model

/// The header directives of one place, as they were written: some add up, others take each other's place.
struct SnippetHeaders: Sendable, Equatable {
    /// A directive of a branch; 0 is outside of every `if`.
    struct Placed: Sendable, Equatable {
        var branch: Int
        var edit: HeaderEdits.Edit
    }

    /// `more_set_headers`, `more_clear_headers`, `proxy_hide_header`: all act.
    var response: [Placed] = []
    /// `add_header`: those of a block take the place of those around it.
    var added: [Placed] = []
    /// `expires` outside of every `if`: that of a path takes the place of the host's.
    var expiry: [Placed] = []
    /// There is one, which may be `off`.
    var saysExpiry = false
    /// `more_set_input_headers`, `more_clear_input_headers`
    var input: [Placed] = []
    /// `proxy_set_header`
    var upstream: [HeaderEdits.Edit] = []
    /// `proxy_pass_header`, in lower case.
    var passed: [String] = []
    /// `charset` and `charset_types`
    var charset = CharsetEdits()
    /// Branches that there are, to tell which of them inherit `add_header`.
    var branches = 0

    var isEmpty: Bool {
        response.isEmpty && added.isEmpty && expiry.isEmpty && input.isEmpty && upstream.isEmpty && passed.isEmpty
            && charset.isEmpty
    }

    /// The edits, with each `add_header` in the branches that have none of their own.
    func edits() -> HeaderEdits {
        var edits = HeaderEdits(
            onReceipt: input.map(Self.placed), onRequest: upstream,
            onResponse: added.map(inherited) + (expiry + response).map(Self.placed), passedOnResponse: passed)
        edits.charset = charset
        // A branch wins wherever it stands.
        edits.charset.choices =
            charset.choices.filter { $0.branches == nil } + charset.choices.filter { $0.branches != nil }
        return edits
    }

    private static func placed(_ placed: Placed) -> HeaderEdits.Edit {
        var edit = placed.edit
        if placed.branch > 0 { edit.condition.branches = [placed.branch] }
        return edit
    }

    private func inherited(_ placed: Placed) -> HeaderEdits.Edit {
        guard placed.branch == 0 else { return Self.placed(placed) }
        let own = Set(added.map(\.branch)).subtracting([0])
        guard !own.isEmpty else { return placed.edit }
        var edit = placed.edit
        edit.condition.branches = (0...branches).filter { !own.contains($0) }
        return edit
    }
}

extension SnippetTable {
    /// Statuses that `add_header` without `always` acts on.
    static let addedStatuses = [200, 201, 204, 206, 301, 302, 303, 304, 307, 308]

    static let headers: [SnippetDirective] = [
        SnippetDirective(
            "more_set_headers", [.http, .server, .location, .condition], 1...40,
            "Sets response headers, in place of others of the name, on every status; an empty value takes them away. "
                + "Options `-s` (statuses) and `-t` (types)."
        ) { snippet, directive throws(ValueFault) in
            let (options, fields) = try FieldWords.options(directive.arguments, allowing: ["-s", "-t"])
            for field in fields {
                let (name, value) = try FieldWords.split(field, snippet)
                snippet.place(response: .init(.set, name, value, when: options.condition))
            }
        },
        SnippetDirective(
            "more_clear_headers", [.http, .server, .location, .condition], 1...40,
            "Takes response headers away; a name may end in `*`. Options `-s` and `-t`."
        ) { snippet, directive throws(ValueFault) in
            let (options, names) = try FieldWords.options(directive.arguments, allowing: ["-s", "-t"])
            for word in names {
                for name in word.text.split(whereSeparator: { $0 == " " || $0 == "," }) {
                    let name = try FieldWords.name(String(name.drop { $0 == ":" }), mayEndInStar: true)
                    snippet.place(response: .init(.remove, name, when: options.condition))
                }
            }
        },
        SnippetDirective(
            "more_set_input_headers", [.server, .location, .condition], 1...40,
            "Sets request headers, for what follows and for the backend. Option `-r`: only where there is one."
        ) { snippet, directive throws(ValueFault) in
            let (options, fields) = try FieldWords.options(directive.arguments, allowing: ["-r", "-t"])
            guard options.condition.mediaTypes == nil else { throw ValueFault("-t is not honoured here") }
            for field in fields {
                let (name, value) = try FieldWords.split(field, snippet, reserved: ["host", "expect"])
                snippet.place(input: .init(options.onlyPresent ? .setIfPresent : .set, name, value))
            }
        },
        SnippetDirective(
            "more_clear_input_headers", [.server, .location, .condition], 1...40,
            "Takes request headers away; a name may end in `*`."
        ) { snippet, directive throws(ValueFault) in
            let (_, names) = try FieldWords.options(directive.arguments, allowing: [])
            for word in names {
                let name = try FieldWords.name(word.text, mayEndInStar: true, reserved: ["host", "expect"])
                snippet.place(input: .init(.remove, name))
            }
        },
        SnippetDirective(
            "add_header", [.http, .server, .location, .condition], 2...3,
            "Adds a response header on 200, 201, 204, 206, 301 to 304, 307 and 308, with `always` on every status. Those of an "
                + "inner place take the place of those around it."
        ) { snippet, directive throws(ValueFault) in
            let words = directive.arguments
            guard words.count == 2 || words[2].text == "always" else { throw .expected("always", words[2].text) }
            let name = try FieldWords.name(words[0].text)
            let value = try FieldWords.value(words[1].text, snippet)
            snippet.place(
                added: .init(
                    .append, name, value, when: .init(statuses: words.count == 3 ? nil : Self.addedStatuses)))
        },
        SnippetDirective(
            "proxy_set_header", [.location, .condition, .question], 2...2,
            "Sets a header of the request to the backend; an empty value takes it away. `Host` is as `upstream-vhost`, and "
                + "can't depend on an `if`."
        ) { snippet, directive throws(ValueFault) in
            try setUpstreamHeader(&snippet, directive)
        },
        SnippetDirective("grpc_set_header", [.location, .condition], 2...2, "As `proxy_set_header`.") {
            snippet, directive throws(ValueFault) in
            try setUpstreamHeader(&snippet, directive)
        },
        SnippetDirective(
            "proxy_hide_header", .paths, 1...1, "Keeps a header of the backend's from clients."
        ) { snippet, directive throws(ValueFault) in
            let name = try FieldWords.name(directive.arguments[0].text)
            snippet.headers.response.insert(.init(branch: 0, edit: .init(.remove, name)), at: 0)
        },
        SnippetDirective(
            "proxy_pass_header", .location, 1...1, "Lets a header of the backend's pass, such as `Server`."
        ) { snippet, directive throws(ValueFault) in
            let name = try FieldWords.name(directive.arguments[0].text, reserved: []).lowercased()
            guard name != "date" else { throw ValueFault("Date is Gatehouse's own") }
            snippet.headers.passed.append(name)
        },
        SnippetDirective(
            "expires", [.server, .location, .condition], 1...2,
            "Sets `Expires` and `Cache-Control` on the statuses of `add_header`: a time, `epoch`, `max` or `off`. That of a path "
                + "takes the place of the host's."
        ) { snippet, directive throws(ValueFault) in
            let edits = try Expiry.edits(directive.arguments.map(\.text))
            guard snippet.branch == 0 else { return edits.forEach { snippet.place(response: $0) } }
            snippet.headers.saysExpiry = true
            snippet.headers.expiry = edits.map { .init(branch: 0, edit: $0) }
        },
    ]

    private static func setUpstreamHeader(
        _ snippet: inout SnippetCompiler, _ directive: NginxText.Directive
    ) throws(ValueFault) {
        let name = directive.arguments[0].text
        if name.lowercased() == "host" {
            guard snippet.branch == 0 else {
                throw ValueFault("Host is the same for all requests of a path", remedy: "write it outside of the if")
            }
            let host = try snippet.template(directive.arguments[1])
            guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), HostTemplate.isPossible(host) else {
                throw .expected("a host", host)
            }
            snippet.upstreamHost = host
            return
        }
        // Written in every guide to WebSockets, and done without it.
        if ["connection", "upgrade"].contains(name.lowercased()) {
            snippet.report(
                .note, directive.line,
                "proxy_set_header \(name) has no effect: upgrades that a client asks for pass by themselves",
                remedy: name.lowercased() == "connection" ? "use connection-proxy-header for a fixed Connection" : "")
            return
        }
        let value = try FieldWords.value(directive.arguments[1].text, snippet)
        snippet.place(upstream: .init(.set, try FieldWords.name(name), value))
    }
}

extension SnippetCompiler {
    fileprivate mutating func place(response edit: HeaderEdits.Edit) {
        note()
        headers.response.append(.init(branch: branch, edit: edit))
    }

    fileprivate mutating func place(added edit: HeaderEdits.Edit) {
        note()
        headers.added.append(.init(branch: branch, edit: edit))
    }

    fileprivate mutating func place(input edit: HeaderEdits.Edit) {
        note()
        headers.input.append(.init(branch: branch, edit: edit))
    }

    fileprivate mutating func place(upstream edit: HeaderEdits.Edit) {
        note()
        var edit = edit
        if branch > 0 { edit.condition.branches = [branch] }
        headers.upstream.append(edit)
    }

    private mutating func note() { headers.branches = max(headers.branches, branch) }
}

/// Words of header directives.
enum FieldWords {
    struct Options {
        var condition = HeaderEdits.Condition()
        var onlyPresent = false
    }

    /// Options at the beginning, and the words behind them.
    static func options(
        _ words: [NginxText.Word], allowing allowed: Set<String>
    ) throws(ValueFault) -> (Options, [NginxText.Word]) {
        var options = Options()
        var rest: [NginxText.Word] = []
        var position = 0
        while position < words.count {
            let word = words[position]
            position += 1
            guard word.text.hasPrefix("-"), !word.isQuoted else {
                rest.append(word)
                continue
            }
            guard allowed.contains(word.text) else { throw ValueFault("\(quoted(word.text)) is no option here") }
            if word.text == "-r" {
                options.onlyPresent = true
                continue
            }
            guard position < words.count else { throw ValueFault("nothing follows \(word.text)") }
            let items = words[position].text.split(whereSeparator: { $0 == " " || $0 == "," }).map(String.init)
            position += 1
            if word.text == "-s" {
                let statuses = items.compactMap { Int($0) }
                guard !statuses.isEmpty, statuses.count == items.count else {
                    throw .expected("statuses", items.joined(separator: " "))
                }
                options.condition.statuses = (options.condition.statuses ?? []) + statuses
            } else {
                options.condition.mediaTypes = (options.condition.mediaTypes ?? []) + items.map { $0.lowercased() }
            }
        }
        guard !rest.isEmpty else { throw ValueFault("it names no header") }
        return (options, rest)
    }

    /// `Name: value`
    static func split(
        _ word: NginxText.Word, _ snippet: SnippetCompiler, reserved: Set<String> = []
    ) throws(ValueFault) -> (String, HeaderEdits.Value) {
        let text = word.text
        guard let colon = text.firstIndex(of: ":") else {
            return (try name(text.trimmingBlanks, reserved: reserved), .literal(""))
        }
        let name = try name(String(text[..<colon]).trimmingBlanks, reserved: reserved)
        return (name, try value(String(text[text.index(after: colon)...]).trimmingBlanks, snippet))
    }

    static func value(_ text: String, _ snippet: SnippetCompiler) throws(ValueFault) -> HeaderEdits.Value {
        guard text.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
            throw ValueFault("a header's value holds a line end or another control character")
        }
        return text.contains("$") ? .template(try snippet.template(text)) : .literal(text)
    }

    static func name(
        _ text: String, mayEndInStar: Bool = false, reserved: Set<String> = []
    ) throws(ValueFault) -> String {
        let name = mayEndInStar && text.hasSuffix("*") ? String(text.dropLast()) : text
        guard CustomHeader.isName(name), name.utf8.count <= 256 else { throw .expected("a header name", text) }
        let lower = name.lowercased()
        guard !CustomHeader.framing.contains(lower), !reserved.contains(lower) else {
            throw ValueFault("\(name) frames the message or belongs to the proxy, and can't be changed")
        }
        return text
    }
}

/// What `expires` makes of a time.
enum Expiry {
    static func edits(_ words: [String]) throws(ValueFault) -> [HeaderEdits.Edit] {
        let condition = HeaderEdits.Condition(statuses: SnippetTable.addedStatuses)
        func edits(_ expires: HeaderEdits.Value, _ control: String) -> [HeaderEdits.Edit] {
            [
                .init(.set, "Expires", expires, when: condition),
                .init(.set, "Cache-Control", .literal(control), when: condition),
            ]
        }
        guard words.count == 1 else {
            throw ValueFault(
                "\(quoted(words.joined(separator: " "))) is not honoured", remedy: "write one time from now")
        }
        switch words[0] {
        case "off": return []
        case "epoch": return edits(.literal("Thu, 01 Jan 1970 00:00:01 GMT"), "no-cache")
        case "max": return edits(.literal("Thu, 31 Dec 2037 23:55:55 GMT"), "max-age=315360000")
        default:
            let isPast = words[0].hasPrefix("-")
            let text = isPast ? String(words[0].dropFirst()) : words[0]
            guard let seconds = NginxTime.seconds(text) else {
                throw .expected("a time, epoch, max or off", words[0])
            }
            return edits(
                .date(afterSeconds: isPast ? -seconds : seconds), isPast ? "no-cache" : "max-age=\(seconds)")
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String { String(trimmed(self[...])) }
}
