import TLS
import Testing

@Suite struct `Server name` {
    @Test(arguments: [
        ("Shop.Example", "shop.example"), ("shop.example.", "shop.example"), ("a_b-c.example", "a_b-c.example"),
    ])
    func `is lower case without a trailing dot`(given: String, expected: String) {
        #expect(ServerName(Array(given.utf8).span)?.description == expected)
    }

    @Test(arguments: ["", ".", "a b", "shop\0.example", "sh\u{e9}p", String(repeating: "a", count: 254)])
    func `is nothing that no host is called`(given: String) {
        #expect(ServerName(Array(given.utf8).span) == nil)
    }
}
