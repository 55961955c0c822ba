import Model

/// Which client addresses may come in.
struct AddressDraft: Sendable, Equatable {
    var allowed: [String] = []
    var denied: [String] = []
    /// `block-cidrs` of the ConfigMap: denied where a path has no rules of its own.
    var blocked: [String] = []
    var satisfy = Satisfy.all

    /// Whether there are rules for the paths, by annotations or by the ConfigMap's lists of the same names.
    var hasOwnRules: Bool { !allowed.isEmpty || !denied.isEmpty }

    /// The rules, or nil when everybody may come in.
    func rules() -> AddressRules? {
        guard hasOwnRules else {
            return blocked.isEmpty ? nil : AddressRules(denied: blocked)
        }
        return AddressRules(denied: denied, allowed: allowed)
    }
}

extension AnnotationGroup {
    static let access = AnnotationGroup(
        "Addresses", \.addresses,
        note: """
            The address is the client's once trusted hops have been heard (`use-forwarded-headers`). `denylist-source-range` \
            is looked at before `allowlist-source-range`; both come after redirects, preflight answers and limits. A list \
            takes the place of the ConfigMap's list of the same name, and of `block-cidrs`. A list with a fault makes the \
            paths answer 503: nobody comes in by a slip of the pen.
            """,
        [
            Annotation(
                "allowlist-source-range", aliases: ["whitelist-source-range"], .addresses, .route, \.addresses.allowed,
                bad: .refuseRoutes, risk: .medium, example: "10.0.0.0/8, 2001:db8::/32",
                "Addresses that may come in; others get 403."),
            Annotation(
                "denylist-source-range", .addresses, .route, \.addresses.denied, bad: .refuseRoutes, risk: .medium,
                example: "192.0.2.0/24", "Addresses that get 403."),
            Annotation(
                "satisfy", .satisfy, default: "all", .route, \.addresses.satisfy, example: "any",
                """
                Whether `all` of address lists, passwords and external authentication must let a request pass, or `any` one \
                is enough. When none does, 401 is preferred over 403.
                """),
        ])
}

extension Syntax<[String]> {
    /// Addresses and CIDR blocks with commas between; at least one, and all of them good.
    static let addresses = Syntax("addresses or CIDR blocks with commas between") { text throws(ValueFault) in
        let items = try list.parse(text)
        guard !items.isEmpty else { throw .expected("addresses or CIDR blocks with commas between", text) }
        if let bad = items.first(where: { !AddressRange.isOne($0) }) {
            throw .expected("an address or a CIDR block", bad)
        }
        return items
    }
}

extension Syntax<Satisfy> {
    static let satisfy = Syntax("all or any") { Satisfy(rawValue: $0) }
}
