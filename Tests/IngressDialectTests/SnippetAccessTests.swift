import Model
import TestSupport
import Testing

@testable import IngressDialect

@Suite struct `Address rules of a snippet` {
    private func rules(_ text: String) -> AddressRules? {
        var compiler = SnippetCompiler(.location)
        compiler.add(text)
        #expect(compiler.findings == [], "\(text)")
        return SnippetAccess.rules(compiler.access)
    }

    @Test(arguments: [
        (
            "deny 10.0.0.1; allow 10.0.0.0/8; deny all;",
            AddressRules(denied: ["10.0.0.1"], allowed: ["10.0.0.0/8"])
        ),
        ("deny all;", AddressRules(denied: ["0.0.0.0/0", "::/0"])),
        (
            "deny 10.0.0.1; allow all; deny all;",
            AddressRules(denied: ["10.0.0.1"], allowed: ["0.0.0.0/0", "::/0"], deniesOthers: false)
        ),
        ("allow 10.0.0.1;", AddressRules(allowed: ["10.0.0.1"], deniesOthers: false)),
        ("allow 10.0.0.0/8; deny 10.0.0.1;", AddressRules(allowed: ["10.0.0.0/8"], deniesOthers: false)),
        (
            "allow 10.0.0.2/31; deny 10.0.0.0/30;",
            AddressRules(denied: ["10.0.0.0/31"], allowed: ["10.0.0.2/31"], deniesOthers: false)
        ),
        (
            "allow 10.0.0.1; deny 10.0.0.0/30; allow 10.0.0.0/24; deny all;",
            AddressRules(denied: ["10.0.0.0/32", "10.0.0.2/31"], allowed: ["10.0.0.1", "10.0.0.0/24"])
        ),
        (
            "allow 192.0.2.1; deny 10.0.0.0/8;",
            AddressRules(denied: ["10.0.0.0/8"], allowed: ["192.0.2.1"], deniesOthers: false)
        ),
        (
            "allow 0.0.0.0/0; deny 2001:db8::/32;",
            AddressRules(denied: ["2001:db8::/32"], allowed: ["0.0.0.0/0"], deniesOthers: false)
        ),
        (
            "allow 2001:db8:8000::/33; deny 2001:db8::/32;",
            AddressRules(
                denied: ["2001:db8:0:0:0:0:0:0/33"], allowed: ["2001:db8:8000::/33"], deniesOthers: false)
        ),
        ("deny 10.0.0.1;", AddressRules(denied: ["10.0.0.1"])),
    ])
    func `are lists that say the same`(text: String, expected: AddressRules) {
        #expect(rules(text) == expected)
    }

    @Test func `are refused when they fall into too many blocks`() {
        let exceptions = (0..<200).map { "allow 2001:db8:\(String($0 * 257, radix: 16))::1;" }.joined()
        #expect(rules(exceptions + "deny ::/0;") == nil)
        #expect(rules(exceptions + "deny all;") != nil)
    }

    /// What the lists say of an address: whether it fulfils them, or nil for nothing.
    private func verdict(_ rules: AddressRules, _ address: AddressBlock) -> Bool? {
        let holds = { (text: String) in AddressBlock(text).map { address.without($0).isEmpty } ?? false }
        if rules.denied.contains(where: holds) { return false }
        if rules.allowed.contains(where: holds) { return true }
        return rules.deniesOthers && !rules.allowed.isEmpty ? false : nil
    }

    /// Random rules over sixteen addresses, against the first that fits.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `decide as the first that fits`(number: UInt64) throws {
        var random = SplitMix(state: number)
        var steps = (0..<Int.random(in: 1...6, using: &random)).map { _ in
            let allows = Bool.random(using: &random)
            let length = Int.random(in: allows ? 30...32 : 28...30, using: &random)
            return (allows: allows, "192.0.2.\(Int.random(in: 0..<16, using: &random))/\(length)")
        }
        if Bool.random(using: &random) { steps.append((allows: Bool.random(using: &random), "0.0.0.0/0")) }
        let text = steps.map { ($0.allows ? "allow " : "deny ") + $0.1.replacing("0.0.0.0/0", with: "all") + ";" }
            .joined()
        let lists = try #require(rules(text))
        for last in 0..<16 {
            let address = try #require(AddressBlock("192.0.2.\(last)"))
            let first = try steps.first { address.without(try #require(AddressBlock($0.1))).isEmpty }
            #expect(verdict(lists, address) == first?.allows, "\(text) 192.0.2.\(last)")
        }
    }
}
