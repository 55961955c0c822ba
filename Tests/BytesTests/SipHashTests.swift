import Bytes
import Testing

@Suite struct `Sip hash` {
    /// Of the reference implementation: the messages are 0, 1, 2 … and the key the same sixteen bytes.
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"), (7, "a1f1ebbed8dbc153c0b84aa61ff08239"),
        (8, "3b62a9ba6258f5610f83e264f31497b4"), (14, "31fcefac66d7de9c7ec7485fe4494902"),
        (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (16, "6ee2a4ca67b054bbfd3315bf85230577"),
        (63, "5150d1772f50834a503e069a973fbd7c"),
    ])
    func `has the digests of the reference`(length: Int, digest: String) {
        let hash = SipHash(key: 0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        let message = (0..<length).map { UInt8($0) }
        let result = hash.digest(message.span)
        #expect(hexadecimal(result.high) + hexadecimal(result.low) == digest)
    }

    @Test func `depends on its key`() {
        let message = Array("Bearer abc".utf8)
        #expect(SipHash().digest(message.span) != SipHash().digest(message.span))
    }

    /// Least significant byte first, as the reference writes digests.
    private func hexadecimal(_ word: UInt64) -> String {
        (0..<8).map { shift in
            let text = String(word >> UInt64(8 * shift) & 0xFF, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
