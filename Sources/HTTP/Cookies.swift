import Bytes

extension HeaderBlock {
    /// The value of the first cookie called `name` in the `Cookie` fields (RFC 6265 §4.2.1), as it was sent,
    /// as a range of this block. Names are compared by case.
    ///
    /// A part without `=` is skipped. Work is linear in the length of the fields, which `HeadLimits` bounds.
    public func cookie(named name: Span<UInt8>) -> Range<Int>? {
        let bytes = storage.bytes
        var next = 0
        while let index = firstIndex(of: .cookie, from: next) {
            next = index + 1
            let field = fields[index].value
            var start = field.lowerBound
            while start < field.upperBound {
                let end = bytes.first(.semicolon, from: start, to: field.upperBound)
                if let value = Self.value(of: name, inPair: start..<end, bytes) { return value }
                start = end + 1
            }
        }
        return nil
    }

    private static func value(of name: Span<UInt8>, inPair pair: Range<Int>, _ bytes: Span<UInt8>) -> Range<Int>? {
        let equals = bytes.first(.equals, from: pair.lowerBound, to: pair.upperBound)
        guard equals < pair.upperBound else { return nil }
        let written = bytes.extracting(pair.lowerBound..<equals)
        guard written.extracting(written.trimmed).equals(name) else { return nil }
        let value = bytes.extracting(equals + 1..<pair.upperBound).trimmed
        return equals + 1 + value.lowerBound..<equals + 1 + value.upperBound
    }
}
