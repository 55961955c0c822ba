import Testing
import Translation

@Suite struct `Literal address` {
    @Test(arguments: [
        "0.0.0.0", "10.0.0.7", "255.255.255.255", "::", "::1", "1::", "2001:db8::7", "1:2:3:4:5:6:7:8", "fe80::1",
        "::ffff:10.0.0.7", "1:2:3:4:5:6:1.2.3.4", "2001:DB8::A",
    ])
    func `is read`(text: String) { #expect(LiteralAddress(text) != nil) }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.+4", "a.b.c.d", ":", ":::",
        "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1.2.3",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7::8", "+1::", "example.com", "::1:",
    ])
    func `is not read from anything else`(text: String) { #expect(LiteralAddress(text) == nil) }

    @Test func `is the same in every spelling`() {
        #expect(LiteralAddress("::1") == LiteralAddress("0:0:0:0:0:0:0:1"))
        #expect(LiteralAddress("::ffff:10.0.0.7") == LiteralAddress("10.0.0.7"))
        #expect(LiteralAddress("2001:DB8::a") == LiteralAddress("2001:db8:0::A"))
        #expect(LiteralAddress("::1") != LiteralAddress("::2"))
    }

    @Test func `knows this machine and its segment`() throws {
        for text in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(LiteralAddress(text)).isLoopback)
        }
        for text in ["0.0.0.0", "::"] { #expect(try #require(LiteralAddress(text)).isUnspecified) }
        for text in ["169.254.169.254", "fe80::1", "febf::1"] {
            #expect(try #require(LiteralAddress(text)).isLinkLocal)
        }
        for text in ["10.0.0.1", "128.0.0.1", "2001:db8::1", "fec0::1"] {
            let address = try #require(LiteralAddress(text))
            #expect(!address.isLoopback && !address.isUnspecified && !address.isLinkLocal)
        }
    }
}
