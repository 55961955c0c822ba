/// The Huffman code of header compression (RFC 7541 §5.2, appendix B).
///
/// It is canonical: codes of one length are in the order of their symbols, so the lengths say it all.
enum HuffmanCode {
    /// Bits of each byte's code; the last is that of the end of the string, which must not occur in one.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ]

    private struct Code: Hashable {
        var bits: UInt32
        var length: UInt8
    }

    private static let codes: [Code] = {
        var codes = [Code](repeating: Code(bits: 0, length: 0), count: lengths.count)
        var next: UInt32 = 0
        var length: UInt8 = 0
        for symbol in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
            next <<= UInt32(lengths[symbol] - length)
            length = lengths[symbol]
            codes[symbol] = Code(bits: next, length: length)
            next += 1
        }
        return codes
    }()

    private static let symbols: [Code: Int] = Dictionary(
        uniqueKeysWithValues: codes.enumerated().map { ($0.element, $0.offset) })

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var coded: [UInt8] = []
        var pending: UInt64 = 0
        var count: UInt8 = 0
        for byte in bytes {
            let code = codes[Int(byte)]
            pending = pending << UInt64(code.length) | UInt64(code.bits)
            count += code.length
            while count >= 8 {
                count -= 8
                coded.append(UInt8(truncatingIfNeeded: pending >> UInt64(count)))
            }
        }
        if count > 0 { coded.append(UInt8(truncatingIfNeeded: pending << UInt64(8 - count)) | (0xFF >> count)) }
        return coded
    }

    /// - Throws: for the code of the end, and for padding that is longer than 7 bits or not of ones.
    static func decode(_ bytes: some Sequence<UInt8>) throws -> [UInt8] {
        var decoded: [UInt8] = []
        var code = Code(bits: 0, length: 0)
        for byte in bytes {
            for shift in (0..<8).reversed() {
                code.bits = code.bits << 1 | UInt32(byte >> UInt8(shift) & 1)
                code.length += 1
                guard let symbol = symbols[code] else {
                    guard code.length < 30 else { throw WireFault.malformed("no Huffman code") }
                    continue
                }
                guard symbol < 256 else { throw WireFault.malformed("the end inside of a string") }
                decoded.append(UInt8(symbol))
                code = Code(bits: 0, length: 0)
            }
        }
        guard code.length < 8, code.bits == (1 << UInt32(code.length)) - 1 else {
            throw WireFault.malformed("Huffman padding")
        }
        return decoded
    }
}
