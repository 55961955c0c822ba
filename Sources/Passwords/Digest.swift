import COpenSSL

/// Digests of short messages.
public enum Digest {
    private struct Algorithm: @unchecked Sendable {
        // Fetched once and never freed; OpenSSL's algorithms are immutable.
        let pointer: OpaquePointer

        init(_ name: String) {
            guard let pointer = EVP_MD_fetch(nil, name, nil) else { preconditionFailure("OpenSSL has no \(name)") }
            self.pointer = pointer
        }
    }

    private static let md5Algorithm = Algorithm("MD5")
    private static let sha1Algorithm = Algorithm("SHA1")
    private static let sha256Algorithm = Algorithm("SHA256")

    /// MD5 (RFC 1321), for the forms that ask for it.
    public static func md5(_ message: [UInt8]) -> [UInt8] { digest(message, md5Algorithm, 16) }
    /// SHA-1 (RFC 3174), for the forms that ask for it.
    public static func sha1(_ message: [UInt8]) -> [UInt8] { digest(message, sha1Algorithm, 20) }
    /// SHA-256 (FIPS 180-4).
    public static func sha256(_ message: [UInt8]) -> [UInt8] { digest(message, sha256Algorithm, 32) }

    private static func digest(_ message: [UInt8], _ algorithm: Algorithm, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { output, written in
            let result = message.withUnsafeBufferPointer {
                EVP_Digest($0.baseAddress, $0.count, output.baseAddress, nil, algorithm.pointer, nil)
            }
            precondition(result == 1, "a digest of bytes in memory can't fail")
            written = count
        }
    }

    /// The SHA-256 of what a buffer holds, as four words: the name of something secret in a table.
    public static func fingerprint(_ message: Span<UInt8>) -> Fingerprint {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4) { words in
            let result = message.withUnsafeBufferPointer {
                EVP_Digest($0.baseAddress, $0.count, words.baseAddress, nil, sha256Algorithm.pointer, nil)
            }
            precondition(result == 1, "a digest of bytes in memory can't fail")
            return Fingerprint(words: (words[0], words[1], words[2], words[3]))
        }
    }

    /// Whether both are the same, in a time that depends on their lengths alone.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool { areEqual(left.span, right.span) }

    public static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    /// 256 bits of a digest.
    public struct Fingerprint: Sendable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        /// One of the words, for choosing a place in a table.
        public var first: UInt64 { words.0 }

        /// None that a message has.
        public static let none = Fingerprint(words: (0, 0, 0, 0))

        /// Compares all words, whatever the first ones say.
        public static func == (left: Fingerprint, right: Fingerprint) -> Bool {
            (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2)
                | (left.words.3 ^ right.words.3) == 0
        }
    }
}
