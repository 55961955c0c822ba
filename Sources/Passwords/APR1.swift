/// Apache's variant of the MD5-based crypt(3): `$apr1$salt$hash`.
///
/// A thousand rounds of MD5 over password and salt in turns, as `htpasswd -m` and `openssl passwd -apr1` make them.
enum APR1 {
    private static let name = Array("$apr1$".utf8)
    private static let digits = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// The hash of a password with the salt of another one's.
    static func hash(_ password: [UInt8], like stored: [UInt8]) -> [UInt8] {
        let salt = Array(stored.dropFirst(name.count).prefix { $0 != UInt8(ascii: "$") }.prefix(8))
        return name + salt + [UInt8(ascii: "$")] + encoded(digest(password, salt))
    }

    private static func digest(_ password: [UInt8], _ salt: [UInt8]) -> [UInt8] {
        let inner = Digest.md5(password + salt + password)
        var message = password + name + salt
        for start in stride(from: 0, to: password.count, by: 16) {
            message += inner.prefix(min(16, password.count - start))
        }
        var length = password.count
        while length > 0 {
            message.append(length & 1 == 1 ? 0 : password[0])
            length >>= 1
        }
        var result = Digest.md5(message)
        for round in 0..<1000 {
            var next = round & 1 == 1 ? password : result
            if round % 3 != 0 { next += salt }
            if round % 7 != 0 { next += password }
            next += round & 1 == 1 ? result : password
            result = Digest.md5(next)
        }
        return result
    }

    /// Sixteen bytes in the order and the digits of crypt(3).
    private static func encoded(_ digest: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        func append(_ value: UInt32, _ count: Int) {
            var value = value
            for _ in 0..<count {
                text.append(digits[Int(value & 63)])
                value >>= 6
            }
        }
        for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
            append(UInt32(digest[a]) << 16 | UInt32(digest[b]) << 8 | UInt32(digest[c]), 4)
        }
        append(UInt32(digest[11]), 2)
        return text
    }
}
