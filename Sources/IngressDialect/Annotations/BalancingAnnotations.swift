import Model

/// How the endpoints of an upstream are chosen.
struct BalancingDraft: Sendable, Equatable {
    var algorithm = LoadBalancing.roundRobin
    var usesClusterAddress = false
    var hashKey: String?
    var usesSubsets = false
    var subsetSize = 3

    func hashing() -> KeyHashing? {
        hashKey.map { KeyHashing(template: $0, subsetSize: usesSubsets ? max(subsetSize, 1) : nil) }
    }
}

extension AnnotationGroup {
    static let balancing = AnnotationGroup(
        "Load balancing", \.balancing,
        note: "The first Ingress that uses a Service's port decides for its upstream.",
        [
            Annotation(
                "load-balance", .algorithm, default: "round_robin", .upstream, \.balancing.algorithm,
                bad: .rejectObject, global: true, example: "ewma",
                "How an endpoint is chosen. `least_conn` and `ip_hash` are additions to ingress-nginx."),
            Annotation(
                "service-upstream", .flag, default: "false", .upstream, \.balancing.usesClusterAddress, global: true,
                example: "true", "Sends everything to the Service's cluster address instead of its endpoints."),
            Annotation(
                "upstream-hash-by", optional: .hashKey, .upstream, \.balancing.hashKey, bad: .rejectObject, risk: .high,
                example: "$request_uri",
                "Chooses endpoints by a consistent hash of this text; a variable that is not known is empty. Goes before "
                    + "`load-balance`."),
            Annotation(
                "upstream-hash-by-subset", .flag, default: "false", .upstream, \.balancing.usesSubsets,
                bad: .rejectObject, example: "true",
                "The hash chooses a group of endpoints, of which one is taken at random."),
            Annotation(
                "upstream-hash-by-subset-size", .subsetSize, default: "3", .upstream, \.balancing.subsetSize,
                bad: .rejectObject, example: "5", "Endpoints in such a group; 0 means 3."),
        ])
}

extension Syntax<String> {
    /// Text with variables.
    fileprivate static let hashKey = Syntax("text of \(CharacterClass.variable.name)") { text throws(ValueFault) in
        guard CharacterClass.variable.admits(text) else {
            throw .expected("text of \(CharacterClass.variable.name)", text)
        }
        guard !text.split(separator: "$", omittingEmptySubsequences: false).dropFirst().contains(where: isUnnamed)
        else {
            throw ValueFault("\(quoted(text)) holds a $ that names no variable", remedy: "write $name or ${name}")
        }
        return text
    }

    /// Whether what follows a `$` is no name.
    private static func isUnnamed(_ text: Substring) -> Bool {
        let isBraced = text.first == "{"
        let rest = isBraced ? text.dropFirst() : text
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty || (isBraced && !rest.dropFirst(name.count).hasPrefix("}"))
    }
}

extension Syntax<Int> {
    fileprivate static let subsetSize = Syntax("an integer from 0") { text in
        Int(text).flatMap { $0 < 0 ? nil : $0 == 0 ? 3 : min($0, 1 << 20) }
    }
}
