import Kubernetes
import Model
import Pattern

/// The grammar of an annotation's or setting's value.
struct Syntax<Value: Sendable>: Sendable {
    /// How people read it: `true or false`. Fits after "expected".
    let form: String
    let parse: @Sendable (String) throws(ValueFault) -> Value
    private let parseKnowing: @Sendable (String, Set<String>) throws(ValueFault) -> Value

    init(_ form: String, parse: @escaping @Sendable (String) throws(ValueFault) -> Value) {
        self.form = form
        self.parse = parse
        parseKnowing = { value, _ throws(ValueFault) in try parse(value) }
    }

    /// A grammar of texts that may name variables.
    init(_ form: String, knowing parse: @escaping @Sendable (String, Set<String>) throws(ValueFault) -> Value) {
        self.form = form
        self.parse = { value throws(ValueFault) in try parse(value, []) }
        parseKnowing = parse
    }

    /// - Parameter variables: those that snippets beside the value set.
    func parse(_ text: String, knowing variables: Set<String>) throws(ValueFault) -> Value {
        try parseKnowing(text, variables)
    }

    /// A grammar that needs no more explanation of a fault than its form.
    init(_ form: String, matching parse: @escaping @Sendable (String) -> Value?) {
        self.init(form) { value throws(ValueFault) in
            guard let parsed = parse(value) else { throw .expected(form, value) }
            return parsed
        }
    }
}

extension Syntax<Bool> {
    /// The words of Go's `strconv.ParseBool`.
    static let flag = Syntax("true or false") { word in
        switch word {
        case "1", "t", "T", "TRUE", "true", "True": true
        case "0", "f", "F", "FALSE", "false", "False": false
        default: nil
        }
    }
}

extension Syntax<Int> {
    /// Digits with an optional sign.
    static func integer(in range: ClosedRange<Int>) -> Syntax<Int> {
        Syntax("an integer from \(range.lowerBound) to \(range.upperBound)") { text in
            guard let value = Int(text), range.contains(value) else { return nil }
            return value
        }
    }

    /// Redirect statuses; an integer out of range stands for the default.
    static func status(_ range: ClosedRange<Int>) -> Syntax<Int> {
        let form = "a status from \(range.lowerBound) to \(range.upperBound)"
        return Syntax(form) { text throws(ValueFault) in
            guard let value = Int(text) else { throw .expected(form, text) }
            guard range.contains(value) else { throw .expected(form, text, consequence: .useDefault) }
            return value
        }
    }
}

extension Syntax<Int?> {
    /// Digits and an optional unit `k`, `m` or `g`; zero is no limit.
    static let size = Syntax("digits with an optional unit k, m or g") { text throws(ValueFault) in
        let form = "digits with an optional unit k, m or g"
        var digits = text.utf8[...]
        if digits.last.map({ $0 | 0x20 == UInt8(ascii: "b") }) ?? false {
            throw ValueFault("expected \(form), got \(quoted(text))", remedy: "leave the b out")
        }
        var factor = 1
        if let unit = digits.last, let known = factors.first(where: { $0.unit == unit | 0x20 })?.factor {
            factor = known
            digits = digits.dropLast()
        }
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(Substring(digits)) else {
            throw .expected(form, text)
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw ValueFault("\(quoted(text)) is out of range") }
        return bytes == 0 ? nil : bytes
    }

    private static let factors: [(unit: UInt8, factor: Int)] = [
        (UInt8(ascii: "k"), 1 << 10), (UInt8(ascii: "m"), 1 << 20), (UInt8(ascii: "g"), 1 << 30),
    ]
}

extension Syntax<Duration> {
    /// Whole seconds, at least one, at most a year.
    static let seconds = Syntax("whole seconds, from 1, without a unit") { text in
        Int(text).flatMap { (1...31_536_000).contains($0) ? .seconds($0) : nil }
    }

    /// Whole seconds, at most a year; zero has a meaning of its own.
    static let secondsOrZero = Syntax("whole seconds, from 0, without a unit") { text in
        Int(text).flatMap { (0...31_536_000).contains($0) ? .seconds($0) : nil }
    }
}

extension Syntax<String> {
    static func text(_ characters: CharacterClass, upTo limitBytes: Int = .max) -> Syntax<String> {
        Syntax(characters.name + (limitBytes == .max ? "" : ", at most \(limitBytes)")) {
            characters.admits($0) && $0.utf8.count <= limitBytes ? $0 : nil
        }
    }

    /// Text in which every `$` begins a capture or a variable that is known.
    static func template(_ characters: CharacterClass, upTo limitBytes: Int = .max) -> Syntax<String> {
        let plain = text(characters, upTo: limitBytes)
        return Syntax(plain.form) { value, variables throws(ValueFault) in
            let text = try plain.parse(value)
            if let fault = TemplateText.fault(in: text, variables: variables) {
                throw ValueFault("\(quoted(text)) \(fault)")
            }
            return text
        }
    }

    /// A host with an optional port, in which every `$` begins a capture or a variable that is known.
    static let hostTemplate: Syntax<String> = {
        let plain = template(.regex, upTo: 255)
        return Syntax("a host of \(plain.form)") { value, variables throws(ValueFault) in
            let text = try plain.parse(value, knowing: variables)
            guard text.isEmpty || HostTemplate.isPossible(text) else { throw .expected("a host", text) }
            return text
        }
    }()

    /// A redirect's target.
    static let url = Syntax("a URL of \(CharacterClass.url.name)") { CharacterClass.url.admits($0) ? $0 : nil }

    /// A redirect's target with a scheme.
    static let absoluteURL = Syntax("a URL that begins with http:// or https://") { text throws(ValueFault) in
        guard CharacterClass.url.admits(text) else { throw .expected("a URL of \(CharacterClass.url.name)", text) }
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw .expected("a URL that begins with http:// or https://", text, consequence: .dropGroup)
        }
        return text
    }

    /// `/path` without scheme or host; `//` and `/\` would be read as the beginning of a host.
    static let absolutePath = Syntax("an absolute path such as /app") { text in
        let bytes = Array(text.utf8)
        guard bytes.first == UInt8(ascii: "/"), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        if bytes.count > 1, bytes[1] == UInt8(ascii: "/") || bytes[1] == UInt8(ascii: "\\") { return nil }
        return text
    }

    static let serviceName = Syntax("the name of a Service") { isServiceName($0) ? $0 : nil }
}

extension Syntax<NamespacedName> {
    /// `name` or `namespace/name`; without a namespace it is left empty.
    static let reference = Syntax("name or namespace/name") { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // No object's name is longer (RFC 1123 §2.1, as Kubernetes has it).
        guard (1...2).contains(parts.count), parts.allSatisfy({ (1...253).contains($0.utf8.count) }),
            CharacterClass.basic.admits(text)
        else { return nil }
        return NamespacedName(namespace: parts.count == 2 ? parts[0] : "", name: parts[parts.count - 1])
    }
}

extension Syntax<LoadBalancing> {
    /// Names that ingress-nginx takes, but only reaches through other annotations, count as absent.
    static let algorithm = Syntax("round_robin, ewma, least_conn or ip_hash") { text throws(ValueFault) in
        if let algorithm = LoadBalancing(rawValue: text) { return algorithm }
        if ["chash", "chashsubset", "sticky_balanced", "sticky_persistent"].contains(text) {
            throw ValueFault(
                "\(text) is chosen by annotations of its own", remedy: "use upstream-hash-by or affinity",
                consequence: .useDefault)
        }
        throw .expected("round_robin, ewma, least_conn or ip_hash", text)
    }
}

extension Syntax<Retry.Conditions> {
    /// Words with blanks between; `off` turns everything off.
    static let retryConditions = Syntax("words such as error timeout http_502") { text throws(ValueFault) in
        var conditions: Retry.Conditions = []
        var isOff = false
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            if word == "off" {
                isOff = true
            } else if let known = Retry.Conditions.words.first(where: { $0.word == word }) {
                conditions.insert(known.condition)
            } else {
                let nearest = nearestName(to: String(word), among: Retry.Conditions.words.map(\.word))
                throw ValueFault("\(quoted(word)) is no condition", remedy: nearest.map { "did you mean \($0)?" } ?? "")
            }
        }
        return isOff ? [] : conditions
    }
}

extension Syntax<[String]> {
    /// Items with commas between; blanks around them and empty items are dropped.
    static let list = Syntax("a list with commas between") { text in
        text.split(separator: ",").map { String(trimmed($0)) }.filter { !$0.isEmpty }
    }
}

extension Syntax<[HostAlias]> {
    /// Names, `*.name`, `name.*` and `~regex`, with commas between.
    static let aliases = Syntax("host names, wildcards or ~regexes with commas between") { text throws(ValueFault) in
        guard CharacterClass.regex.admits(text.filter { $0 != "," && $0 != " " }) else {
            throw .expected("a list of \(CharacterClass.regex.name)", text)
        }
        var aliases: [HostAlias] = []
        for item in text.split(separator: ",").map({ trimmed($0) }) where !item.isEmpty {
            let alias = try alias(item)
            if !aliases.contains(alias) { aliases.append(alias) }
        }
        return aliases.sorted { "\($0)" < "\($1)" }
    }

    private static func alias(_ item: Substring) throws(ValueFault) -> HostAlias {
        if item.hasPrefix("~") {
            let pattern = String(item.drop { $0 == "~" || $0 == "*" })
            do { _ = try Pattern(pattern, options: .ignoringCase) } catch {
                throw ValueFault("\(quoted(item)) is no regular expression: \(error)")
            }
            return .regex(pattern)
        }
        let name = item.lowercased()
        if name.hasPrefix("*."), RuleHost.isDomain(name.dropFirst(2)) {
            return .leadingWildcard(String(name.dropFirst(2)))
        }
        if name.hasSuffix(".*"), RuleHost.isDomain(name.dropLast(2)) {
            return .trailingWildcard(String(name.dropLast(2)))
        }
        guard RuleHost.isDomain(name[...]) else {
            throw .expected("a host name, *.name, name.* or ~regex", String(item))
        }
        return .exact(name)
    }
}

/// Without blanks and tabs at both ends.
func trimmed(_ text: Substring) -> Substring {
    let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
    var text = text.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
}
