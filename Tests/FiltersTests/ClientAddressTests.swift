import Bytes
import Filters
import HTTP
import Testing

@Suite struct `A client address` {
    static func read(_ text: String) -> String? { ClientAddress(Array(text.utf8).span)?.description }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("10.20.30.40", "10.20.30.40"), ("::", "::"), ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("fe80::", "fe80::"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("0:0:0:0:0:0:0:1", "::1"), ("1::", "1::"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ])
    func `is read and written`(text: String, written: String) {
        #expect(Self.read(text) == written)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
        "1.2.3.4 ", " 1.2.3.4", "0x7f.0.0.1", "-1.2.3.4", "1.2.3.4/8", ":", ":::", "1:2:3:4:5:6:7", "1::2::3",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1:", ":1::",
        "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "unknown",
    ])
    func `is nothing else`(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test func `never needs more room than it says`() {
        let address = ClientAddress(high: .max, low: .max)
        #expect(address.description.utf8.count == ClientAddress.longestText)
    }
}

@Suite struct `Trusted proxies` {
    @Test(arguments: [
        ("10.0.0.0", true), ("10.255.255.255", true), ("9.255.255.255", false), ("11.0.0.0", false),
        ("192.0.2.1", true), ("192.0.2.2", false), ("172.16.5.5", true), ("172.32.0.0", false), ("2001:db8::1", true),
        ("2001:db8:ffff::", true), ("2001:db9::", false), ("::", false), ("::1", true),
    ])
    func `are found by address`(address: String, trusted: Bool) throws {
        let proxies = try TrustedProxies([
            "192.0.2.1", "10.0.0.0/8", "172.16.0.0/12", "10.1.0.0/16", "2001:db8::/32", "::1/128",
        ])
        #expect(proxies.contains(ClientAddress(address)) == trusted)
    }

    @Test(arguments: [
        ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true),
        ("::/0", "192.0.2.1", false), ("::ffff:10.0.0.0/104", "10.9.9.9", true),
        ("::ffff:10.0.0.0/104", "11.0.0.0", false), ("10.1.2.3/8", "10.0.0.0", true),
    ])
    func `keep families apart`(block: String, address: String, trusted: Bool) throws {
        #expect(try TrustedProxies([block]).contains(ClientAddress(address)) == trusted)
    }

    @Test(arguments: ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "::/129", "name", "10.0.0.0/8/8"])
    func `refuse what is no block`(text: String) {
        #expect(throws: FilterError.badAddressBlock(text)) { try TrustedProxies([text]) }
    }

    @Test(arguments: [
        // Nobody vouches, or nobody says anything.
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        // The hop next to us says who it was; a trusted one is asked on.
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        // Lines are one list.
        ("10.0.0.1", ["203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        // Ports, brackets, blanks, empty elements.
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("10.0.0.1", ["[2001:db8::5]"], "2001:db8::5"),
        ("10.0.0.1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.1", ["203.0.113.9 ,, ,\t10.0.0.2 ,"], "203.0.113.9"),
        // Nonsense ends the walk where it was.
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["203.0.113.9:port"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9:99999"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8::5"], "10.0.0.1"),
        ("10.0.0.1", [", ,"], "10.0.0.1"),
    ])
    func `are walked from the right`(peer: String, fields: [String], client: String) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        let head = Given.head("/", fields.map { "X-Forwarded-For: \($0)" })
        #expect(proxies.client(of: head, peer: ClientAddress(peer)).description == client)
    }

    @Test func `let the leftmost win when every hop is trusted`() throws {
        let proxies = try TrustedProxies(["0.0.0.0/0"])
        let head = Given.head("/", ["X-Forwarded-For: 6.6.6.6, 7.7.7.7, 8.8.8.8"])
        #expect(proxies.client(of: head, peer: ClientAddress("9.9.9.9")).description == "6.6.6.6")
        #expect(proxies.client(of: head, peer: ClientAddress("2001:db8::1")).description == "2001:db8::1")
    }
}
