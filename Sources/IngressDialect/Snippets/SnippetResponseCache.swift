import Model

/// `proxy_cache` and its kin.
extension SnippetTable {
    static let responseCache: [SnippetDirective] = [
        SnippetDirective(
            "proxy_cache_path", .http, 2...20,
            "Defines a zone for responses by `keys_zone=name:size`: in memory, `max_size` in all (64 MiB unless it is "
                + "given, 1 GiB at most), a response for every 128 bytes of `size`, forgotten when unused for `inactive`. "
                + "The path and what concerns files has no effect. [More](response-cache.md)"
        ) { snippet, directive throws(ValueFault) in
            let zone = try zone(directive.arguments.dropFirst().map(\.text))
            guard !snippet.definedCacheZones.contains(where: { $0.name == zone.name }) else {
                throw ValueFault("the zone \(quoted(zone.name)) is defined already", remedy: "give it another name")
            }
            guard snippet.definedCacheZones.count < ResponseCacheZone.countLimit else {
                throw ValueFault("there are more than \(ResponseCacheZone.countLimit) zones", remedy: "share one")
            }
            snippet.definedCacheZones.append(zone)
            snippet.report(
                .note, directive.line,
                "the zone \(zone.name) is in memory, \(zone.bytes >> 10) KiB shared out among the workers; its path is not used"
            )
        },
        SnippetDirective(
            "proxy_cache", places, 1...1,
            "Answers GET and HEAD by responses of the zone, which `proxy_cache_path` defines; `off`. "
                + "[More](response-cache.md)"
        ) { snippet, directive throws(ValueFault) in
            let name = directive.arguments[0].text
            snippet.responseCache.zone = ""
            if name == "off" { return }
            guard !name.contains("$") else {
                throw ValueFault("\(quoted(name)) holds a variable", remedy: "name one zone, and have the key differ")
            }
            guard snippet.cacheZones.contains(name) else {
                throw ValueFault(
                    "there is no zone \(quoted(name))",
                    remedy:
                        "write proxy_cache_path /var/cache/\(name) keys_zone=\(name):10m; into http-snippet of the ConfigMap"
                )
            }
            snippet.responseCache.zone = name
        },
        SnippetDirective(
            "proxy_cache_key", places, 1...1,
            "What tells responses apart; `$scheme$proxy_host$request_uri` unless it is given. Ingress, host and backend "
                + "tell them apart as well."
        ) { snippet, directive throws(ValueFault) in
            let key = try snippet.template(directive.arguments[0])
            guard !key.isEmpty, isLine(key) else { throw .expected("a text", key) }
            snippet.responseCache.key = key
        },
        SnippetDirective(
            "proxy_cache_valid", places, 1...60,
            "How long responses with these statuses, 200, 301 and 302 or `any`, are kept that don't say it themselves."
        ) { snippet, directive throws(ValueFault) in
            snippet.responseCache.validities =
                (snippet.responseCache.validities ?? []) + [try validity(directive.arguments.map(\.text))]
        },
        SnippetDirective(
            "proxy_cache_methods", places, 1...3, "`GET` and `HEAD`; responses to other methods are never kept."
        ) { snippet, directive throws(ValueFault) in
            for word in directive.arguments where !["GET", "HEAD"].contains(word.text) {
                guard word.text == "POST" else { throw .expected("GET, HEAD or POST", word.text) }
                snippet.report(
                    .warning, directive.line, "POST goes past the cache: what is posted has no part in the key",
                    remedy: "have clients ask by GET what may be kept")
            }
        },
        SnippetDirective(
            "proxy_cache_bypass", places, 1...20,
            "Texts; where one isn't empty or `0` the backend is asked, and its response kept."
        ) { snippet, directive throws(ValueFault) in
            snippet.responseCache.bypass =
                (snippet.responseCache.bypass ?? []) + (try texts(directive, snippet))
        },
        SnippetDirective(
            "proxy_no_cache", places, 1...20, "Texts; where one isn't empty or `0` the response isn't kept."
        ) { snippet, directive throws(ValueFault) in
            snippet.responseCache.noStore =
                (snippet.responseCache.noStore ?? []) + (try texts(directive, snippet))
        },
        SnippetDirective(
            "proxy_cache_min_uses", places, 1...1, "After how many requests for it a response is kept; 1."
        ) { snippet, directive throws(ValueFault) in
            snippet.responseCache.minimumUses = try Syntax<Int>.integer(in: 1...1_000_000).parse(
                directive.arguments[0].text)
        },
        SnippetDirective(
            "proxy_cache_use_stale", places, 1...12,
            "When a response that is no longer fresh answers: `error`, `timeout`, `invalid_header`, `updating`, `http_500`, "
                + "`http_502`, `http_503`, `http_504`, `http_403`, `http_404`, `http_429`; `off`."
        ) { snippet, directive throws(ValueFault) in
            var conditions: Retry.Conditions = []
            let words = directive.arguments.map(\.text)
            for word in words where word != "off" && word != "updating" {
                let known = Retry.Conditions.words.first { $0.word == word && $0.condition != .nonIdempotent }
                guard let known else {
                    throw .expected("error, timeout, invalid_header, updating, http_500 … or off", word)
                }
                conditions.insert(known.condition)
            }
            snippet.responseCache.staleConditions = conditions
            snippet.responseCache.answersWhileUpdating = words.contains("updating")
        },
        flag(
            "proxy_cache_background_update", \.updatesInBackground,
            "Has such a response answer at once, and asks for a new one beside it. Where `proxy_no_cache` is set, or the backend "
                + "speaks HTTP/2, the request itself does."),
        flag("proxy_cache_revalidate", \.revalidates, "Asks the backend whether what is kept still holds."),
        flag(
            "proxy_cache_lock", \.locks,
            "Of requests for what isn't kept yet one goes to the backend, and the others of the same worker wait."),
        time("proxy_cache_lock_timeout", \.lockTimeout, "How long they wait; 5s."),
        time("proxy_cache_lock_age", \.lockAge, "After how long one more is sent; 5s."),
        flag("proxy_cache_convert_head", \.convertsHead, "Asks by GET for what HEAD asks for, and keeps it; `on`."),
        SnippetDirective(
            "proxy_ignore_headers", places, 1...9,
            "Fields of responses without a say about caching: `X-Accel-Expires`, `Expires`, `Cache-Control`, `Set-Cookie`, "
                + "`Vary`. A cookie goes to the client that it was made for and is never kept."
        ) { snippet, directive throws(ValueFault) in
            var ignored = snippet.responseCache.ignoredFields ?? []
            for word in directive.arguments { try ignore(word.text, &ignored) }
            snippet.responseCache.ignoredFields = ignored
        },
    ]

    private static let places: SnippetContexts = [.http, .server, .location]

    private static func flag(
        _ name: String, _ field: any WritableKeyPath<ResponseCacheDraft, Bool?> & Sendable, _ summary: String
    ) -> SnippetDirective {
        SnippetDirective(name, places, 1...1, summary) { snippet, directive throws(ValueFault) in
            snippet.responseCache[keyPath: field] = try Syntax<Bool>.onOff.parse(directive.arguments[0].text)
        }
    }

    private static func time(
        _ name: String, _ field: any WritableKeyPath<ResponseCacheDraft, Duration?> & Sendable, _ summary: String
    ) -> SnippetDirective {
        SnippetDirective(name, places, 1...1, summary) { snippet, directive throws(ValueFault) in
            let text = directive.arguments[0].text
            guard let time = NginxTime.milliseconds(text) else { throw .expected("a time such as 500ms", text) }
            snippet.responseCache[keyPath: field] = .milliseconds(time)
        }
    }

    // MARK: Values

    private static func isLine(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    private static func seconds(_ text: String) throws(ValueFault) -> Int {
        guard let seconds = NginxTime.seconds(text) else { throw .expected("a time such as 10m", text) }
        return seconds
    }

    private static func texts(
        _ directive: NginxText.Directive, _ snippet: SnippetCompiler
    ) throws(ValueFault) -> [String] {
        var texts: [String] = []
        for word in directive.arguments {
            let text = try snippet.template(word)
            guard isLine(text) else { throw .expected("a text", text) }
            texts.append(text)
        }
        return texts
    }

    private static func validity(_ words: [String]) throws(ValueFault) -> ResponseCache.Validity {
        let time = try seconds(words[words.count - 1])
        var statuses: [Int]? = words.count == 1 ? [200, 301, 302] : []
        for word in words.dropLast() {
            if word == "any" {
                statuses = nil
            } else if let status = Int(word), (100...599).contains(status) {
                statuses?.append(status)
            } else {
                throw .expected("a status or any", word)
            }
        }
        return ResponseCache.Validity(statuses: statuses, seconds: time)
    }

    private static func ignore(
        _ name: String, _ ignored: inout ResponseCache.IgnoredFields
    ) throws(ValueFault) {
        let lowered = name.lowercased()
        if let known = ResponseCache.IgnoredFields.names.first(where: { $0.name.lowercased() == lowered }) {
            ignored.insert(known.field)
        } else if !["x-accel-redirect", "x-accel-limit-rate", "x-accel-buffering", "x-accel-charset"].contains(lowered)
        {
            throw .expected("X-Accel-Expires, Expires, Cache-Control, Set-Cookie or Vary", name)
        }
    }

    /// Words of `proxy_cache_path` that concern files.
    private static let aboutFiles: Set<String> = [
        "levels", "use_temp_path", "min_free", "manager_files", "manager_sleep", "manager_threshold", "loader_files",
        "loader_sleep", "loader_threshold", "purger", "purger_files", "purger_sleep", "purger_threshold",
    ]
    /// Bytes of `keys_zone` that a response takes in nginx.
    private static let bytesOfKey = 128

    private static func zone(_ words: [String]) throws(ValueFault) -> ResponseCacheZone {
        var zone: ResponseCacheZone?
        var bytes = ResponseCacheZone.standardBytes
        var inactive = 600
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw .expected("name=value", word) }
            switch parts[0] {
            case "keys_zone": zone = try keys(parts[1])
            case "max_size": bytes = try size(parts[1])
            case "inactive": inactive = max(try seconds(parts[1]), 1)
            case let name where aboutFiles.contains(name): break
            default: throw .expected("keys_zone, max_size or inactive", parts[0])
            }
        }
        guard var zone else { throw ValueFault("there is no keys_zone", remedy: "add keys_zone=name:10m") }
        zone.bytes = min(bytes, ResponseCacheZone.ceilingBytes)
        zone.inactive = .seconds(inactive)
        return zone
    }

    /// `name:size`
    private static func keys(_ text: String) throws(ValueFault) -> ResponseCacheZone {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count),
            parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "$") })
        else { throw .expected("a name and a size such as pages:10m", text) }
        let entries = min(max(try size(parts[1]) / bytesOfKey, 1), ResponseCacheZone.ceilingEntries)
        return ResponseCacheZone(name: parts[0], entries: entries)
    }

    private static func size(_ text: String) throws(ValueFault) -> Int {
        guard let bytes = try Syntax<Int?>.size.parse(text), bytes > 0 else {
            throw .expected("a size such as 10m", text)
        }
        return bytes
    }
}
