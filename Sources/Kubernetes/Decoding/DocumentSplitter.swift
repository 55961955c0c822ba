/// A part of a stream that holds whole documents: usually one, with the `---` line that begins it.
struct DocumentText {
    /// Into the bytes of the stream.
    var range: Range<Int>
    /// Counted from 1.
    var firstLine: Int
}

/// Cuts a YAML stream into documents without parsing it, so that those which didn't change needn't be.
///
/// A line that begins with `---` and a blank or its end always begins a document, inside block scalars
/// too (YAML 1.2 §9.1.2). Streams with directives (`%YAML`) stay in one piece, because a directive
/// belongs to the document after the `---`.
struct DocumentSplitter {
    static func split(_ bytes: [UInt8]) -> [DocumentText] {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let whole = [DocumentText(range: start..<bytes.count, firstLine: 1)]
        var documents: [DocumentText] = []
        var current = DocumentText(range: start..<bytes.count, firstLine: 1)
        var hasContent = false
        var lineStart = start
        var line = 1
        while lineStart < bytes.count {
            let lineEnd = endOfLine(bytes, from: lineStart)
            if bytes[lineStart] == UInt8(ascii: "%") { return whole }
            if isMarker(bytes, at: lineStart, end: lineEnd) {
                if hasContent {
                    current.range = current.range.lowerBound..<lineStart
                    documents.append(current)
                }
                current = DocumentText(range: lineStart..<bytes.count, firstLine: line)
                hasContent = true
            } else if !hasContent {
                hasContent = !isBlankOrComment(bytes, at: lineStart, end: lineEnd)
            }
            lineStart = lineEnd + 1
            line += 1
        }
        if hasContent { documents.append(current) }
        return documents
    }

    private static func endOfLine(_ bytes: [UInt8], from start: Int) -> Int {
        let span = bytes.span
        var index = start
        while index < span.count, span[index] != UInt8(ascii: "\n") { index += 1 }
        return index
    }

    private static func isMarker(_ bytes: [UInt8], at start: Int, end: Int) -> Bool {
        let dash = UInt8(ascii: "-")
        guard end - start >= 3, bytes[start] == dash, bytes[start + 1] == dash, bytes[start + 2] == dash else {
            return false
        }
        return end - start == 3 || isBlank(bytes[start + 3])
    }

    private static func isBlankOrComment(_ bytes: [UInt8], at start: Int, end: Int) -> Bool {
        for index in start..<end where !isBlank(bytes[index]) { return bytes[index] == UInt8(ascii: "#") }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
}

/// Tells one document's text from another's.
///
/// Seeded anew by each process: equal texts have equal fingerprints within it, and different texts
/// different ones but for a chance of one in 2^64.
struct Fingerprint: Hashable {
    private var value: UInt64

    private static let seed = UInt64.random(in: .min ... .max)

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var hash = Self.seed ^ UInt64(range.count)
        var index = range.lowerBound
        while index + 8 <= range.upperBound {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
            hash = Self.mixed(hash, word)
            index += 8
        }
        var rest: UInt64 = 0
        while index < range.upperBound {
            rest = rest << 8 | UInt64(bytes[index])
            index += 1
        }
        value = Self.mixed(Self.mixed(hash, rest), Self.seed)
    }

    /// Folds the 128-bit product, so that every bit of the input reaches every bit of the hash.
    private static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low &+ hash
    }
}
