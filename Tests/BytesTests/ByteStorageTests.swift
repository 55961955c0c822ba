import Bytes
import Testing

@Suite struct `Byte storage` {
    @Test func `grows and keeps what it holds`() {
        var storage = ByteStorage(capacity: 1)
        for number in 0..<1000 { storage.append(UInt8(truncatingIfNeeded: number)) }
        storage.append("abc")
        storage.append([1, 2].span)
        storage.append(copyOf: 1000..<1003)
        #expect(storage.count == 1008)
        #expect(storage.bytes(in: 1000..<1008).copied() == Array("abc".utf8) + [1, 2] + Array("abc".utf8))
        #expect(storage.bytes.copied()[0..<1000].elementsEqual((0..<1000).map { UInt8(truncatingIfNeeded: $0) }))
    }

    @Test func `can be cut, changed and cleared`() {
        var storage = ByteStorage(capacity: 4)
        storage.append("abcdef")
        storage[1] = 0x42
        storage.truncate(to: 3)
        #expect(storage.bytes.text() == "aBc")
        storage.clear()
        #expect(storage.count == 0)
    }

    @Test func `gives back what one large use made it grow to`() {
        var storage = ByteStorage(capacity: 16)
        storage.reserve(ByteStorage.keptCapacity * 4)
        storage.clear()
        #expect(storage.capacity == ByteStorage.keptCapacity)
        storage.append("abc")
        #expect(storage.bytes.text() == "abc")
    }
}

@Suite struct `Byte scanning` {
    private let plain = [UInt8](repeating: 0x61, count: 40)

    @Test(arguments: 0...255)
    func `finds each byte at each place`(value: Int) {
        let byte = UInt8(value)
        for place in 0..<plain.count {
            var bytes = plain
            bytes[place] = byte
            let isControl = byte < 0x20 || byte == 0x7F
            let isVisible = byte > 0x20 && byte < 0x7F
            #expect(bytes.span.firstControl(from: 0, to: 40) == (isControl ? place : 40))
            #expect(bytes.span.firstNonVisible(from: 0, to: 40) == (isVisible ? 40 : place))
            #expect(bytes.span.first(byte, from: 0, to: 40) == (byte == 0x61 ? 0 : place))
            #expect(bytes.span.firstControl(from: place + 1, to: 40) == 40)
            #expect(bytes.span.firstControl(from: 0, to: place) == place)
        }
    }

    @Test func `reads the words of a text, with zeros behind the last`() {
        let bytes = (1...20).map { UInt8($0) }
        for count in 1...20 {
            let text = Array(bytes.prefix(count))
            for end in 1...count {
                for offset in 0..<end {
                    let expected = text[offset..<min(end, offset + 8)].reversed().reduce(UInt64(0)) {
                        $0 << 8 | UInt64($1)
                    }
                    let word = text.span.word(at: offset, upTo: end)
                    #expect(word == expected, "\(offset) up to \(end) of \(count)")
                }
            }
        }
    }

    @Test func `finds the first of several`() {
        for first in 0..<30 {
            var bytes = plain
            for place in first..<40 { bytes[place] = [0x0D, 0x1F, 0x80, 0x7F][place % 4] }
            bytes[first] = 0x00
            #expect(bytes.span.firstControl(from: 0, to: 40) == first)
            #expect(bytes.span.firstNonVisible(from: 0, to: 40) == first)
            #expect(bytes.span.first(0, from: 0, to: 40) == first)
        }
    }

    @Test func `folds the case of letters and of nothing else`() {
        for value in 0...255 {
            let byte = UInt8(value)
            let word = UInt64(byte) &* 0x0101_0101_0101_0101
            #expect(ByteWord.lowercased(word) == UInt64(byte.lowercased) &* 0x0101_0101_0101_0101)
        }
    }

    @Test(arguments: ["", "a", "te", "host", "Accept", "Content-Length", "Content-Type", "X-Forwarded-For"])
    func `compares by words as by bytes`(text: String) {
        let literals: [StaticString] = [
            "", "a", "TE", "Host", "accept", "content-length", "content-type", "X-FORWARDED-FOR",
        ]
        for literal in literals {
            let bytes = Array(text.utf8)
            #expect(bytes.span.equalsFoldingCase(literal) == (text.lowercased() == literal.description.lowercased()))
            #expect(
                bytes.span.startsFoldingCase(literal) == text.lowercased().hasPrefix(literal.description.lowercased()))
        }
    }

    @Test func `sees a difference in each byte`() {
        let name = Array("content-security-policy".utf8)
        for place in name.indices {
            var other = name
            other[place] ^= 1
            #expect(other.span.equalsFoldingCase("Content-Security-Policy") == false)
        }
    }
}

@Suite struct `Hexadecimal words` {
    @Test(arguments: [
        (UInt64(0), "0000000000000000"), (0x0123_4567_89AB_CDEF, "0123456789abcdef"), (.max, "ffffffffffffffff"),
        (0xFEDC_BA98_7654_3210, "fedcba9876543210"), (10, "000000000000000a"),
        (0x9A9A_A9A9_0F0F_F0F0, "9a9aa9a90f0ff0f0"),
    ])
    func `have sixteen digits`(value: UInt64, text: String) {
        var buffer = ByteBuffer(capacity: 18)
        buffer.append("<")
        buffer.append(hexadecimalWord: value)
        buffer.append(">")
        #expect(buffer.readable.text() == "<\(text)>")
    }
}
