import Model
import Pattern

/// Keys that keep somebody out.
let accessKeys = [
    ConfigKey(
        "whitelist-source-range", guarding: .addresses, "Addresses that may come in, where no annotation says else."
    ) { blocks, globals in globals.defaults.addresses.allowed = blocks },
    ConfigKey(
        "denylist-source-range", guarding: .addresses, "Addresses that may not come in, where no annotation says else."
    ) { blocks, globals in globals.defaults.addresses.denied = blocks },
    ConfigKey(
        "block-cidrs", guarding: .addresses, "Addresses that get 403 on all paths without address lists of their own."
    ) { blocks, globals in
        globals.defaults.addresses.blocked = blocks
        globals.settings.admission.blockedAddresses = blocks
    },
    ConfigKey(
        "block-user-agents", guarding: .textRules, "`User-Agent` values that get 403 before anything else."
    ) { rules, globals in globals.settings.admission.blockedAgents = rules },
    ConfigKey(
        "block-referers", guarding: .textRules, "`Referer` values that get 403 before anything else."
    ) { rules, globals in globals.settings.admission.blockedReferers = rules },
]

/// Keys about what is told of requests.
let observationKeys = [
    ConfigKey(
        "log-format-upstream", .logFormat, default: "ingress-nginx's", \.settings.observation.logFormat,
        "The format of access log lines, with nginx's variables."),
    ConfigKey(
        "log-format-escape-json", .flag, default: "false",
        "Values in log lines are escaped as in JSON strings."
    ) { isOn, globals in
        if isOn, globals.settings.observation.escaping == .standard { globals.settings.observation.escaping = .json }
    },
    ConfigKey(
        "log-format-escape-none", .flag, default: "false",
        "Values in log lines are written as they are, but for control bytes, which would let clients end lines: `\\x0A`; "
            + "wins over `log-format-escape-json`."
    ) { isOn, globals in if isOn { globals.settings.observation.escaping = .none } },
    ConfigKey(
        "disable-access-log", .flag, default: "false", "Writes no access log."
    ) { isOn, globals in if isOn { globals.settings.observation.isSilent = true } },
    ConfigKey(
        "disable-http-access-log", .flag, default: "false", "Writes no access log."
    ) { isOn, globals in if isOn { globals.settings.observation.isSilent = true } },
    ConfigKey(
        "skip-access-log-urls", .textRules, default: "", \.settings.observation.unloggedTargets,
        "Request-targets that are not logged: as they are, or ~regexes."),
]

/// What holds for all limits.
let limitKeys = [
    ConfigKey(
        "limit-req-status-code", .refusalStatus, default: "503", \.defaults.limits.rateStatus,
        "What a request over `limit-rps`, `limit-rpm` or `rate-limit` is answered."),
    ConfigKey(
        "limit-conn-status-code", .refusalStatus, default: "503", \.defaults.limits.connectionStatus,
        "What a request over `limit-connections` is answered."),
    ConfigKey(
        "limit-conn-zone-variable", .variable, default: "$binary_remote_addr",
        "Whom all limits count for; a request for which it is empty is not limited."
    ) { text, globals in
        let isAddress = text == "$binary_remote_addr" || text == "$remote_addr"
        globals.defaults.limits.key = isAddress ? nil : text
    },
    ConfigKey(
        "limit-ipv6-prefix", .integer(in: 1...128), default: "64", \.defaults.limits.clientBitsV6,
        "Gatehouse's own: IPv6 addresses that agree in so many bits are one client to all limits."),
    ConfigKey(
        "limit-response-headers", .flag, default: "false", \.defaults.limits.showsStanding,
        """
        Gatehouse's own: responses of limited paths say what the client has left, in `RateLimit-Limit`, \
        `RateLimit-Remaining` and `RateLimit-Reset`.
        """),
]

extension ConfigKey {
    /// A key that keeps somebody out: while its value has a fault, every Ingress answers 503.
    init<Value: Sendable>(
        _ name: String, guarding syntax: Syntax<Value>, _ summary: String,
        use: @escaping @Sendable (Value, inout GlobalSettings) -> Void
    ) {
        self.init(
            name, form: syntax.form, default: "", summary,
            write: { text, globals throws(ValueFault) in
                do throws(ValueFault) { use(try syntax.parse(text), &globals) } catch {
                    globals.defaults.protection.refusingPaths.append("\(name) of the ConfigMap")
                    var fault = error
                    fault.outcome = "it may keep somebody out, so every Ingress answers 503"
                    throw fault
                }
            })
    }
}

extension Syntax<[TextRule]> {
    /// Words that are compared without case, `~` with a regular expression, or `~*` with one that ignores case.
    static let textRules = Syntax("words, ~regexes or ~*regexes with commas between") { text throws(ValueFault) in
        var rules: [TextRule] = []
        for item in try Syntax<[String]>.list.parse(text) {
            let rule = TextRule(item)
            if case .regex(let pattern, let ignoresCase) = rule {
                do { _ = try Pattern(pattern, options: ignoresCase ? .ignoringCase : []) } catch {
                    throw ValueFault("\(quoted(item)) is no regular expression: \(error)")
                }
            }
            rules.append(rule)
        }
        return rules
    }
}

extension Syntax<String> {
    /// Text that holds at least one variable.
    static let variable = Syntax("a variable such as $http_x_api_key") { text in
        let isText = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "{"),
                UInt8(ascii: "}"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isText && text.contains("$") ? text : nil
    }
}

extension Syntax<String?> {
    /// What may be in a log line; its variables are known to whoever writes the log.
    static let logFormat = Syntax("text of at most 16384 bytes") { text in text.utf8.count <= 16 << 10 ? text : nil }
}
