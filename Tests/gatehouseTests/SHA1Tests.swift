import Foundation
import Testing

@testable import gatehouse

@Suite struct `SHA-1` {
    private func hex(_ message: String) -> String {
        SHA1.digest(Array(message.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    /// RFC 3174 §7.3.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func `gives the known digests`(message: String, digest: String) {
        #expect(hex(message) == digest)
    }

    @Test(arguments: [
        (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"), (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        (100_000, "c4d4b30851182fc4eb8675494d42fd7f17e29c93"),
    ])
    func `pads messages around a block's length`(count: Int, digest: String) {
        #expect(hex(String(repeating: "a", count: count)) == digest)
    }
}
