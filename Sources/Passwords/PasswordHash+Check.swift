import CCrypt
import Glibc

extension PasswordHash {
    /// Longest password that is looked at, in bytes; nobody's is longer.
    public static let longestPassword = 1024

    /// Whether `password` is the one. The comparison takes as long for a wrong as for a right one.
    ///
    /// May take long: see `isSlow`.
    public func matches(_ password: [UInt8]) -> Bool {
        guard password.count <= Self.longestPassword, !password.contains(0) else { return false }
        switch form {
        case .plain: return Digest.areEqual(Digest.sha256(password), Digest.sha256(text))
        case .sha1: return Digest.areEqual(Digest.sha1(password), text)
        case .saltedSHA1: return Digest.areEqual(Digest.sha1(password + text[20...]), Array(text[..<20]))
        case .apr1: return Digest.areEqual(APR1.hash(password, like: text), text)
        case .crypt: return Self.crypts(password, like: text)
        }
    }

    private static func crypts(_ password: [UInt8], like stored: [UInt8]) -> Bool {
        // Thirty-two kilobytes, which no stack should have to hold.
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        memset(data, 0, MemoryLayout<crypt_data>.size)
        defer {
            explicit_bzero(data, MemoryLayout<crypt_data>.size)
            data.deallocate()
        }
        let phrase = password.map(CChar.init(bitPattern:)) + [0]
        let setting = stored.map(CChar.init(bitPattern:)) + [0]
        guard let result = crypt_r(phrase, setting, data) else { return false }
        let hash = Array(UnsafeRawBufferPointer(start: result, count: strlen(result)))
        // A setting that crypt(3) does not know gives `*0` or `*1`.
        return hash.first != UInt8(ascii: "*") && Digest.areEqual(hash, stored)
    }
}
