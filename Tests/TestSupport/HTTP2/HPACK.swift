/// Header compression as a test's own code does it (RFC 7541): sharing nothing with the proxy's.
public enum HPACK {
    public typealias Field = Message.Field

    /// Appendix A, from index 1 on.
    static let staticTable: [Field] = """
        :authority|
        :method|GET
        :method|POST
        :path|/
        :path|/index.html
        :scheme|http
        :scheme|https
        :status|200
        :status|204
        :status|206
        :status|304
        :status|400
        :status|404
        :status|500
        accept-charset|
        accept-encoding|gzip, deflate
        accept-language|
        accept-ranges|
        accept|
        access-control-allow-origin|
        age|
        allow|
        authorization|
        cache-control|
        content-disposition|
        content-encoding|
        content-language|
        content-length|
        content-location|
        content-range|
        content-type|
        cookie|
        date|
        etag|
        expect|
        expires|
        from|
        host|
        if-match|
        if-modified-since|
        if-none-match|
        if-range|
        if-unmodified-since|
        last-modified|
        link|
        location|
        max-forwards|
        proxy-authenticate|
        proxy-authorization|
        range|
        referer|
        refresh|
        retry-after|
        server|
        set-cookie|
        strict-transport-security|
        transfer-encoding|
        user-agent|
        vary|
        via|
        www-authenticate|
        """.split(separator: "\n").map { line in
            let parts = line.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
            return Field(name: String(parts[0]), value: String(parts[1]))
        }

    // MARK: Encoding

    /// How a field is written (§6.2).
    public enum Form: UInt8, Sendable {
        case withoutIndexing = 0x00
        case neverIndexed = 0x10
        case withIndexing = 0x40
    }

    /// Fields as literals with literal names, which no decoder can mistake.
    public static func encode(_ fields: [Field], form: Form = .withoutIndexing, huffman: Bool = false) -> [UInt8] {
        fields.flatMap { field in
            [form.rawValue] + encode(string: field.name, huffman: huffman)
                + encode(string: field.value, huffman: huffman)
        }
    }

    /// A string literal (§5.2).
    public static func encode(string: String, huffman: Bool = false) -> [UInt8] {
        let bytes = huffman ? HuffmanCode.encode(Array(string.utf8)) : Array(string.utf8)
        return encode(integer: bytes.count, prefix: 7, first: huffman ? 0x80 : 0) + bytes
    }

    /// An integer (§5.1) of which the first `prefix` bits share a byte with `first`.
    public static func encode(integer value: Int, prefix: UInt8, first: UInt8) -> [UInt8] {
        let limit = (1 << Int(prefix)) - 1
        guard value >= limit else { return [first | UInt8(value)] }
        var bytes = [first | UInt8(limit)]
        var rest = value - limit
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// One direction of a connection: decodes header blocks in their order.
public struct HPACKDecoder {
    private var dynamicTable: [Message.Field] = []
    private var size = 0
    private var sizeLimit = 4096

    public init() {}

    public mutating func decode(_ block: [UInt8]) throws -> [Message.Field] {
        var reader = Reader(block[...])
        var fields: [Message.Field] = []
        while let byte = reader.bytes.first {
            switch byte {
            case 0x80...:
                fields.append(try entry(reader.integer(prefix: 7)))
            case 0x40...:
                let field = try literal(&reader, prefix: 6)
                insert(field)
                fields.append(field)
            case 0x20...:
                sizeLimit = try reader.integer(prefix: 5)
                evict()
            default: fields.append(try literal(&reader, prefix: 4))
            }
        }
        return fields
    }

    private func entry(_ index: Int) throws -> Message.Field {
        if (1...HPACK.staticTable.count).contains(index) { return HPACK.staticTable[index - 1] }
        let position = index - HPACK.staticTable.count - 1
        guard dynamicTable.indices.contains(position) else { throw WireFault.malformed("no table entry \(index)") }
        return dynamicTable[position]
    }

    private func literal(_ reader: inout Reader, prefix: UInt8) throws -> Message.Field {
        let index = try reader.integer(prefix: prefix)
        let name = index == 0 ? try reader.string() : try entry(index).name
        return Message.Field(name: name, value: try reader.string())
    }

    private mutating func insert(_ field: Message.Field) {
        dynamicTable.insert(field, at: 0)
        size += Self.cost(field)
        evict()
    }

    private mutating func evict() {
        while size > sizeLimit, let last = dynamicTable.popLast() { size -= Self.cost(last) }
    }

    private static func cost(_ field: Message.Field) -> Int { field.name.utf8.count + field.value.utf8.count + 32 }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

        mutating func integer(prefix: UInt8) throws -> Int {
            let limit = (1 << Int(prefix)) - 1
            guard let first = bytes.popFirst() else { throw WireFault.malformed("a block that ends in an integer") }
            var value = Int(first) & limit
            guard value == limit else { return value }
            for shift in stride(from: 0, to: 28, by: 7) {
                guard let byte = bytes.popFirst() else { break }
                value += Int(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            throw WireFault.malformed("an integer without end")
        }

        mutating func string() throws -> String {
            let isCoded = bytes.first.map { $0 >= 0x80 } ?? false
            let count = try integer(prefix: 7)
            guard count <= bytes.count else { throw WireFault.malformed("a block that ends in a string") }
            let content = bytes.prefix(count)
            bytes = bytes.dropFirst(count)
            return String(decoding: isCoded ? try HuffmanCode.decode(content) : Array(content), as: UTF8.self)
        }
    }
}
