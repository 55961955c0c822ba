import Bytes

/// Reading addresses, without allocation: they stand in fields of every request behind a load balancer.
extension ClientAddress {
    /// An IPv4 or IPv6 literal without brackets, zone or port; nil for anything else.
    public init?(_ text: Span<UInt8>) {
        if let word = Self.v4(text) {
            self.init(v4: word)
        } else if let words = Self.v6(text) {
            self.init(high: words.high, low: words.low)
        } else {
            return nil
        }
    }

    /// An element of `X-Forwarded-For`: a literal, or one with a port (`192.0.2.1:80`, `[2001:db8::1]:80`).
    init?(forwarded text: Span<UInt8>) {
        guard text.count > 0 else { return nil }
        if text[0] == .leftBracket {
            guard let close = text.firstIndex(of: .rightBracket),
                Self.isPort(text.extracting(close + 1..<text.count)),
                let words = Self.v6(text.extracting(1..<close))
            else { return nil }
            self.init(high: words.high, low: words.low)
            return
        }
        if let colon = text.firstIndex(of: .colon), text.firstIndex(of: .colon, from: colon + 1) == nil {
            guard Self.isPort(text.extracting(colon..<text.count)), let word = Self.v4(text.extracting(0..<colon))
            else { return nil }
            self.init(v4: word)
            return
        }
        self.init(text)
    }

    /// Nothing, or a colon and up to five digits.
    private static func isPort(_ text: Span<UInt8>) -> Bool {
        if text.isEmpty { return true }
        guard text[0] == .colon, text.count <= 6,
            let port = text.extracting(1..<text.count).decimalValue
        else { return false }
        return port <= 65535
    }

    /// Four decimal numbers. A leading zero is refused: some readers take it for octal.
    private static func v4(_ text: Span<UInt8>) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var word: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte == .dot {
                guard digits > 0, dots < 3 else { return nil }
                word = word &<< 8 | octet
                octet = 0
                digits = 0
                dots += 1
            } else {
                guard byte.isDigit, digits == 0 || octet > 0 else { return nil }
                octet = octet * 10 + UInt32(byte &- .zero)
                digits += 1
                guard octet <= 255 else { return nil }
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        return word &<< 8 | octet
    }

    /// Eight groups of hexadecimal digits, `::` for a run of zeros, the last two perhaps as IPv4 (RFC 4291 §2.2).
    private static func v6(_ text: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var head: UInt128 = 0
        var tail: UInt128 = 0
        var headGroups = 0
        var tailGroups = 0
        var compressed = false
        var index = 0
        if text.starts(with: "::") {
            compressed = true
            index = 2
        }
        while index < text.count {
            let start = index
            var value: UInt128 = 0
            while index < text.count, let digit = text[index].hexValue {
                value = value &<< 4 | UInt128(digit)
                index += 1
            }
            var width = 1
            if index < text.count, text[index] == .dot {
                guard let word = v4(text.extracting(start..<text.count)) else { return nil }
                value = UInt128(word)
                width = 2
                index = text.count
            } else if index == start || index - start > 4 {
                return nil
            }
            guard headGroups + tailGroups + width <= 8 else { return nil }
            if compressed {
                tail = tail &<< UInt128(16 * width) | value
                tailGroups += width
            } else {
                head = head &<< UInt128(16 * width) | value
                headGroups += width
            }
            guard index < text.count else { break }
            guard text[index] == .colon, index + 1 < text.count else { return nil }
            index += 1
            if text[index] == .colon {
                guard !compressed else { return nil }
                compressed = true
                index += 1
            }
        }
        let groups = headGroups + tailGroups
        guard compressed ? groups < 8 : groups == 8 else { return nil }
        let value = headGroups == 0 ? tail : head << UInt128(16 * (8 - headGroups)) | tail
        return (UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
    }
}
