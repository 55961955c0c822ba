import Filters
import HTTP
import Model
import Testing

@Suite struct `Address rules` {
    struct Case: Sendable, CustomTestStringConvertible {
        var client: String
        var denied: [String] = []
        var allowed: [String] = []
        var passes: Bool
        var testDescription: String { "\(client), deny \(denied), allow \(allowed)" }
    }

    static let cases = [
        Case(client: "192.0.2.1", denied: ["192.0.2.0/24"], passes: false),
        Case(client: "192.0.3.1", denied: ["192.0.2.0/24"], passes: true),
        Case(client: "192.0.2.1", allowed: ["192.0.2.1"], passes: true),
        Case(client: "192.0.2.2", allowed: ["192.0.2.1"], passes: false),
        Case(client: "192.0.2.1", denied: ["192.0.2.1"], allowed: ["192.0.2.0/24"], passes: false),
        Case(client: "2001:db8::1", allowed: ["2001:db8::/32"], passes: true),
        Case(client: "2001:db9::1", allowed: ["2001:db8::/32", "0.0.0.0/0"], passes: false),
        Case(client: "192.0.2.1", allowed: ["::/0"], passes: false),
        Case(client: "::ffff:192.0.2.1", denied: ["192.0.2.1/32"], passes: false),
    ]

    @Test(arguments: cases)
    func `look at deny before allow`(given: Case) throws {
        let route = Given.route {
            $0.addressRules = AddressRules(denied: given.denied, allowed: given.allowed)
        }
        let context = Given.context(peer: ClientAddress(given.client))
        let decision = try Decision.of(Given.head(), context, routes: [route])
        #expect(decision.verdict == (given.passes ? .proceed : .refuse(.forbidden)))
    }

    @Test func `look at the client behind trusted hops, not at the hop`() throws {
        let route = Given.route { $0.addressRules = AddressRules(denied: ["198.51.100.1"]) }
        let context = Given.context(client: ClientAddress("198.51.100.1"))
        #expect(try Decision.of(Given.head(), context, routes: [route]).verdict == .refuse(.forbidden))
    }

    @Test(arguments: ["10.0.0.0/33", "x", "10.0.0.1/-1", "", "10.0.0", "2001:db8::/129"])
    func `are refused when an item is no block`(text: String) {
        let route = Given.route { $0.addressRules = AddressRules(allowed: [text]) }
        #expect(throws: FilterError.badAddressBlock(text)) {
            try RouteFilters(route, host: VirtualHost(name: .any, origin: .builtIn), settings: Settings())
        }
    }
}
