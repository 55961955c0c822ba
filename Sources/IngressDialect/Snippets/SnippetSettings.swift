import Model

/// Directives that say what annotations say, and those that have nothing to do here.
extension SnippetTable {
    static let access: [SnippetDirective] = [
        SnippetDirective("allow", .paths, 1...1, "Lets an address in; the first rule that fits decides.") {
            snippet, directive throws(ValueFault) in
            snippet.access.append(.init(allows: true, block: try block(directive), line: directive.line))
        },
        SnippetDirective("deny", .paths, 1...1, "Keeps an address out; the first rule that fits decides.") {
            snippet, directive throws(ValueFault) in
            snippet.access.append(.init(allows: false, block: try block(directive), line: directive.line))
        },
        SnippetDirective("satisfy", as: "satisfy") { words throws(ValueFault) in
            guard ["all", "any"].contains(words[0]) else { throw .expected("all or any", words[0]) }
            return words[0]
        },
    ]

    static let transfers: [SnippetDirective] = [
        SnippetDirective("proxy_connect_timeout", as: "proxy-connect-timeout", seconds),
        SnippetDirective("proxy_send_timeout", as: "proxy-send-timeout", seconds),
        SnippetDirective("proxy_read_timeout", as: "proxy-read-timeout", seconds),
        SnippetDirective("grpc_connect_timeout", as: "proxy-connect-timeout", seconds),
        SnippetDirective("grpc_send_timeout", as: "proxy-send-timeout", seconds),
        SnippetDirective("grpc_read_timeout", as: "proxy-read-timeout", seconds),
        SnippetDirective("client_max_body_size", as: "proxy-body-size", word),
        SnippetDirective(
            "client_body_timeout", .paths, 1...1,
            "As `client-body-timeout` of the ConfigMap, for the paths; in a server for all that say nothing themselves."
        ) { snippet, directive throws(ValueFault) in
            snippet.bodyTimeout = .seconds(try Int(seconds([directive.arguments[0].text])) ?? 60)
        },
        keepAliveTimeout,
        SnippetDirective("client_body_buffer_size", as: "client-body-buffer-size", word),
        SnippetDirective("proxy_buffering", as: "proxy-buffering", word),
        SnippetDirective("proxy_request_buffering", as: "proxy-request-buffering", word),
        SnippetDirective("proxy_buffer_size", as: "proxy-buffer-size", word),
        SnippetDirective("proxy_buffers", as: "proxy-buffers-number", words: 2...2) { words in words[0] },
        SnippetDirective("proxy_max_temp_file_size", as: "proxy-max-temp-file-size", word),
        SnippetDirective("proxy_http_version", as: "proxy-http-version", word),
        SnippetDirective("proxy_next_upstream", as: "proxy-next-upstream", words: 1...12) { $0.joined(separator: " ") },
        SnippetDirective("proxy_next_upstream_tries", as: "proxy-next-upstream-tries", word),
        SnippetDirective("proxy_next_upstream_timeout", as: "proxy-next-upstream-timeout", secondsOrZero),
        SnippetDirective("proxy_cookie_domain", as: "proxy-cookie-domain", words: 1...2) { $0.joined(separator: " ") },
        SnippetDirective(
            "proxy_cookie_path", .location, 1...2, "As the annotation; what follows the path as `; Secure` is added."
        ) {
            snippet, directive throws(ValueFault) in
            try setCookiePath(&snippet, directive)
        },
        cookieFlags,
        SnippetDirective(
            "proxy_redirect", .location, 1...2, "As the annotations `proxy-redirect-from` and `proxy-redirect-to`."
        ) { snippet, directive throws(ValueFault) in
            let words = directive.arguments.map(\.text)
            guard words.count == 2 || ["off", "default"].contains(words[0]) else {
                throw .expected("off, default, or what is looked for and what takes its place", words[0])
            }
            for (annotation, value) in zip(["proxy-redirect-from", "proxy-redirect-to"], words) {
                snippet.overrides.append(
                    .init(annotation: annotation, value: value, line: directive.line, directive: directive.name))
            }
        },
        SnippetDirective("limit_rate", .paths, as: "limit-rate", kilobytes),
        SnippetDirective("limit_rate_after", .paths, as: "limit-rate-after", kilobytes),
        SnippetDirective(
            "access_log", [.server, .location, .condition], 1...4,
            "`off`: as `enable-access-log: \"false\"`; in a server for all paths of the host, in an `if` for requests that "
                + "go through it, and through no later one."
        ) {
            snippet, directive in
            guard directive.arguments[0].text == "off" else {
                return snippet.report(
                    .note, directive.line, "access_log has no effect here",
                    remedy: "use enable-access-log, or the access log's settings of the ConfigMap")
            }
            guard snippet.context != .condition else { return snippet.unloggedBranches.append(snippet.branch) }
            snippet.silencesLog = true
            guard snippet.context == .location else { return }
            snippet.overrides.append(
                .init(annotation: "enable-access-log", value: "false", line: directive.line, directive: "access_log"))
        },
    ]

    private static let keepAliveTimeout = SnippetDirective(
        "keepalive_timeout", [.http, .server, .location], 1...2,
        """
        How long a client's connection of HTTP/1 stays open after a response of the paths, in place of `keep-alive` of the \
        ConfigMap; 0 closes it. In a server for all that say nothing themselves. The second time is told clients, as \
        `Keep-Alive: timeout=…`. Connections of HTTP/2 keep the ConfigMap's time, as in nginx; where that is 0, none is kept. No effect in `http-snippet`.
        """
    ) { snippet, directive throws(ValueFault) in
        let words = directive.arguments.map(\.text)
        let times = try words.map { word throws(ValueFault) in
            guard let milliseconds = NginxTime.milliseconds(word) else { throw .expected("a time such as 60s", word) }
            return milliseconds
        }
        guard snippet.context != .http else {
            return snippet.report(
                .note, directive.line, "keepalive_timeout has no effect here", remedy: "use keep-alive of the ConfigMap"
            )
        }
        let told = times.count > 1 ? (times[1] + 999) / 1000 : 0
        snippet.keepAlive = ClientKeepAlive(
            timeout: .milliseconds(times[0]), announcedSeconds: told > 0 ? told : nil)
    }

    // MARK: Values

    private static let word: @Sendable ([String]) throws(ValueFault) -> String = { words in words[0] }

    private static let seconds: @Sendable ([String]) throws(ValueFault) -> String = { words throws(ValueFault) in
        guard let seconds = NginxTime.seconds(words[0]), seconds > 0 else {
            throw .expected("a time such as 60s", words[0])
        }
        return "\(seconds)"
    }

    private static let secondsOrZero: @Sendable ([String]) throws(ValueFault) -> String = {
        words throws(ValueFault) in
        guard let seconds = NginxTime.seconds(words[0]) else { throw .expected("a time such as 60s", words[0]) }
        return "\(seconds)"
    }

    /// nginx counts bytes, the annotations kibibytes.
    private static let kilobytes: @Sendable ([String]) throws(ValueFault) -> String = { words throws(ValueFault) in
        guard let bytes = try Syntax<Int?>.size.parse(words[0]) else { return "0" }
        return "\((bytes + 1023) / 1024)"
    }

    private static func block(_ directive: NginxText.Directive) throws(ValueFault) -> String {
        let text = directive.arguments[0].text
        guard text == "all" || AddressRange.isOne(text) else {
            throw .expected("an address, a CIDR block or all", text)
        }
        return text
    }

    /// `proxy_cookie_path / "/; Secure; SameSite=None"` is how people add attributes.
    private static func setCookiePath(
        _ snippet: inout SnippetCompiler, _ directive: NginxText.Directive
    ) throws(ValueFault) {
        let words = directive.arguments.map(\.text)
        guard words.count == 2, words[1].contains(";") else {
            snippet.overrides.append(
                .init(
                    annotation: "proxy-cookie-path", value: words.joined(separator: " "), line: directive.line,
                    directive: directive.name))
            return
        }
        guard words[0].hasPrefix("/"), words[1].utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw .expected("two paths", words.joined(separator: " "))
        }
        snippet.cookiePath = ResponseRewrite.Rule(.text(words[0]), replacement: try snippet.template(words[1]))
    }
}

/// Times as nginx writes them.
enum NginxTime {
    /// Whole seconds of `60`, `60s`, `1m30s`, `500ms` (rounded up); nil for what is no time or beyond ten years.
    static func seconds(_ text: String) -> Int? { milliseconds(text).map { ($0 + 999) / 1000 } }

    /// Milliseconds of the same times.
    static func milliseconds(_ text: String) -> Int? {
        var milliseconds = 0
        var digits = ""
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while let first = rest.first {
            if first.isASCII, first.isNumber {
                digits.append(first)
                rest.removeFirst()
                if !rest.isEmpty { continue }
            }
            guard let count = Int(digits), count <= 315_360_000 else { return nil }
            digits = ""
            let unit = units.first { rest.hasPrefix($0.name) }
            guard let unit else { return nil }
            milliseconds += count * unit.milliseconds
            rest = rest.dropFirst(unit.name.count)
        }
        guard digits.isEmpty, milliseconds <= 315_360_000_000 else { return nil }
        return milliseconds
    }

    /// The longer names first; the empty one, for seconds, last.
    private static let units: [(name: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
        ("M", 2_592_000_000), ("y", 31_536_000_000), ("", 1000),
    ]
}
