import Bytes
import Passwords
import Testing

@Suite struct `A stored password` {
    /// Made by `openssl passwd`, crypt(3) of another program and by hand; all of them of "secret".
    static let stored = [
        "{PLAIN}secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0",
        "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
        "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
        "$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
        "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
        "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
        "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
        "abNANd1rDfiNc",
    ]

    @Test(arguments: stored)
    func `is matched by its password alone`(text: String) throws {
        let hash = try PasswordHash(Array(text.utf8))
        #expect(hash.matches(Array("secret".utf8)))
        for wrong in ["", "Secret", "secre", "secret ", "\u{0}secret"] {
            #expect(!hash.matches(Array(wrong.utf8)), "\(wrong)")
        }
    }

    @Test func `is made by Apache's rounds for long passwords too`() throws {
        let hash = try PasswordHash(Array("$apr1$xy$KWmjAYxMqmqTjytotPjDu.".utf8))
        #expect(hash.matches(Array("a much longer password than sixteen bytes".utf8)))
        #expect(!hash.matches(Array("a much longer password than sixteen byte".utf8)))
    }

    @Test(arguments: stored)
    func `says nothing of itself`(text: String) throws {
        let hash = try PasswordHash(Array(text.utf8))
        #expect("\(hash)" == "<a password's hash>")
        #expect(String(reflecting: hash) == "<a password's hash>")
        var printed = ""
        dump(hash, to: &printed)
        #expect(!printed.contains("secret") && !printed.contains("salt"))
    }

    @Test(arguments: [
        ("", PasswordHashFault.empty), ("secret", .unknownForm), ("$y$j9T$abc$def", .unknownForm),
        ("{SHA}short", .malformed), ("{SHA}5en6G6MezRroT3XKqkdPOmY/Bf!=", .malformed), ("{SSHA}AAAA", .malformed),
        ("$2y$15$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .tooExpensive),
        ("$2y$31$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .tooExpensive),
        ("$2y$4$abc", .malformed), ("$2y$xx$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .malformed),
        ("$6$rounds=100001$salt$x", .tooExpensive), ("$5$rounds=999999999$salt$x", .tooExpensive),
        ("$5$rounds=99999999999999999999$salt$x", .malformed), ("$5$rounds=-1$salt$x", .malformed),
        ("abNANd1rDfi:c", .unknownForm), ("ab\u{0}ANd1rDfiNc", .unknownForm),
    ])
    func `is refused when it means nothing or costs too much`(text: String, fault: PasswordHashFault) {
        #expect(throws: fault) { try PasswordHash(Array(text.utf8)) }
    }

    @Test func `is refused when it is long, whatever it says`() {
        #expect(throws: PasswordHashFault.unknownForm) {
            try PasswordHash(Array(("{PLAIN}" + String(repeating: "x", count: 1 << 20)).utf8))
        }
    }

    @Test func `is cheap or slow by its form`() throws {
        let slow = try Self.stored.filter { try PasswordHash(Array($0.utf8)).isSlow }
        #expect(slow == Array(Self.stored[3...]))
    }

    @Test func `does not look at passwords without end`() throws {
        let hash = try PasswordHash(Array("$6$salt$x".utf8))
        #expect(!hash.matches([UInt8](repeating: 1, count: 1 << 20)))
    }
}

@Suite struct `Base64 text` {
    @Test(arguments: [
        ("", ""), ("QQ==", "A"), ("QUI=", "AB"), ("QUJD", "ABC"), ("QQ", "A"), ("QUI", "AB"), ("YTpi", "a:b"),
    ])
    func `stands for bytes`(text: String, bytes: String) {
        #expect(Base64.decode(Array(text.utf8)) == Array(bytes.utf8))
    }

    @Test(arguments: ["A", "QQ=", "Q Q=", "QQ===", "=", "QUJD=", "Q\u{0}==", "QU_D", "QQ==QQ=="])
    func `is nothing else`(text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

    @Test func `survives any bytes`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            if let decoded = Base64.decode(bytes) { #expect(decoded.count <= bytes.count) }
        }
    }
}

@Suite struct `A digest` {
    @Test func `is the known one`() {
        func text(_ bytes: [UInt8]) -> String {
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(text(Digest.md5(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
        #expect(text(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(text(Digest.sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `names different messages differently`() {
        let left = Digest.fingerprint(Array("a".utf8).span)
        #expect(left == Digest.fingerprint(Array("a".utf8).span))
        let isSame = left == Digest.fingerprint(Array("b".utf8).span)
        #expect(!isSame)
    }
}
