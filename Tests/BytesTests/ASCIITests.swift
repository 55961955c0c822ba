import Bytes
import Testing

@Suite struct `ASCII classes` {
    @Test func `token bytes are exactly those of RFC 9110`() {
        let tokens = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max { #expect(byte.isToken == tokens.contains(byte), "byte \(byte)") }
    }

    @Test func `field values hold visible bytes, blanks and everything from 0x80 up`() {
        for byte in UInt8.min...UInt8.max {
            #expect(byte.isFieldValue == (byte == 9 || (byte >= 32 && byte != 127)), "byte \(byte)")
        }
    }

    @Test func `hexadecimal digits have values in either case`() {
        for byte in UInt8.min...UInt8.max {
            let expected = UInt8(String(UnicodeScalar(byte)), radix: 16)
            #expect(byte.hexValue == (byte < 128 ? expected : nil), "byte \(byte)")
        }
    }
}
