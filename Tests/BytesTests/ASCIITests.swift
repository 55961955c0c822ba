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

@Suite struct `Plain labels` {
    @Test(arguments: 0...20)
    func `end at the first byte that is no small letter, digit or hyphen`(place: Int) {
        let plain = Array("abcdefgh-0123456789xyz".utf8)
        for byte in UInt8.min...UInt8.max {
            var bytes = plain
            bytes[place] = byte
            let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
            #expect(bytes.span.firstOutsidePlainLabel(from: 0, to: bytes.count) == (isPlain ? bytes.count : place))
        }
    }

    @Test func `end where the bytes do that are asked about`() {
        let bytes = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        for start in 0..<bytes.count {
            for end in start...bytes.count {
                #expect(bytes.span.firstOutsidePlainLabel(from: start, to: end) == end)
            }
        }
    }
}
