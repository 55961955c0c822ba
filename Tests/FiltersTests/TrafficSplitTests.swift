import Filters
import HTTP
import Model
import Pattern
import Testing

@Suite struct `Traffic split` {
    private func split(
        _ header: TrafficSplit.HeaderRule? = nil, cookie: String? = nil, weight: Int = 0, total: Int = 100
    ) throws -> TrafficSplitFilter {
        try TrafficSplitFilter(
            TrafficSplit(
                to: UpstreamID("shop-next-80"), header: header, cookie: cookie, weight: weight, total: total,
                origin: .builtIn))
    }

    private func takes(_ split: TrafficSplitFilter, _ fields: [String], draw: UInt64 = 0) -> Bool {
        var scratch = PatternScratch()
        return split.takes(Given.head("/", fields), draw: draw, &scratch)
    }

    @Test(arguments: [
        (["X-Canary: always"], true), (["x-canary: always"], true), (["X-Canary: never"], false),
        // Anything else decides nothing, so the weight does.
        (["X-Canary: perhaps"], true), (["X-Canary: Always"], true), ([], true),
        // The header goes before the cookie, the cookie before the weight.
        (["X-Canary: never", "Cookie: canary=always"], false), (["X-Canary: always", "Cookie: canary=never"], true),
        (["X-Canary: x", "Cookie: canary=never"], false), (["Cookie: a=b; canary=never"], false),
        (["Cookie: canary=maybe"], true),
    ])
    func `asks header, cookie and weight in this order`(fields: [String], expected: Bool) throws {
        let split = try split(.init(name: "X-Canary"), cookie: "canary", weight: 100)
        #expect(takes(split, fields) == expected)
        let without = try self.split(.init(name: "X-Canary"), cookie: "canary", weight: 0)
        let decided = fields.joined().contains("always") || fields.joined().contains("never")
        #expect(takes(without, fields) == (decided ? expected : false))
    }

    @Test(arguments: [("beta", true), ("always", false), ("never", false), ("betas", false), ("Beta", false)])
    func `of a value knows that value alone`(value: String, expected: Bool) throws {
        let split = try split(.init(name: "X-Canary", values: .exactly("beta")))
        #expect(takes(split, ["X-Canary: \(value)"]) == expected)
        // What the value does not decide, the next rule does, `never` included.
        let all = try self.split(.init(name: "X-Canary", values: .exactly("beta")), weight: 100)
        #expect(takes(all, ["X-Canary: \(value)"]))
    }

    @Test(arguments: [("beta-1", true), ("my beta", true), ("BETA", false), ("alpha", false)])
    func `of a pattern searches it, by case`(value: String, expected: Bool) throws {
        let split = try split(.init(name: "X-Canary", values: .matching("beta")))
        #expect(takes(split, ["X-Canary: \(value)"]) == expected)
    }

    @Test(arguments: ["always", "beta", "never", ""])
    func `of no readable pattern leaves whoever sends it where they are`(value: String) throws {
        let split = try split(.init(name: "X-Canary", values: .unreadable), weight: 100)
        #expect(!takes(split, ["X-Canary: \(value)"]))
        #expect(takes(split, []))
    }

    @Test func `of a pattern that takes too long leaves the request where it is`() throws {
        let split = try split(.init(name: "X-Canary", values: .matching("(a+)+$")), weight: 100)
        #expect(!takes(split, ["X-Canary: \(String(repeating: "a", count: 4000))!"]))
    }

    @Test(arguments: [(0, 100, 0), (10, 100, 1000), (50, 1000, 500), (100, 100, 10_000), (200, 100, 10_000)])
    func `by weight takes its share of evenly spread draws`(weight: Int, total: Int, expected: Int) throws {
        let split = try split(weight: weight, total: total)
        let taken = (0..<10_000 as Range<UInt64>).count {
            takes(split, [], draw: $0 &* (.max / 10_000) &+ (.max / 20_000))
        }
        #expect(taken == expected)
    }

    @Test func `refuses a pattern that is none`() {
        #expect(throws: FilterError.self) { try split(.init(name: "X-Canary", values: .matching("("))) }
    }
}
