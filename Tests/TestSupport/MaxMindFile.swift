/// Writes databases in MaxMind's format, version 2 (https://maxmind.github.io/MaxMind-DB/), as small as a test needs them.
public struct MaxMindFile {
    /// A value of a record.
    public indirect enum Value: Sendable {
        case text(String)
        case uint16(UInt16)
        case uint32(UInt32)
        case int32(Int32)
        case uint64(UInt64)
        case double(Double)
        case float(Float)
        case flag(Bool)
        case map([(String, Value)])
        case array([Value])
        /// The value at that place of the data.
        case pointer(Int)
        /// Whatever a test wants to stand there.
        case bytes([UInt8])

        /// Maps within maps down to a value: `path("country", "iso_code", .text("NZ"))`.
        public static func path(_ keys: String..., to value: Value) -> Value {
            keys.reversed().reduce(value) { .map([($1, $0)]) }
        }
    }

    public var type: String
    public var recordBits = 24
    /// 4 or 6; in a tree for IPv6 the addresses of IPv4 lie below `::/96`.
    public var version = 6
    public var buildSeconds: UInt64 = 1_700_000_000
    /// Further keys of the metadata.
    public var metadata: [(String, Value)] = []

    private var data: [UInt8] = []
    /// Nodes as pairs of records: another node, or a place in the data, or nothing.
    private var nodes: [[Record]] = [[.nothing, .nothing]]

    private enum Record {
        case nothing
        case node(Int)
        case data(Int)
    }

    public init(_ type: String = "GeoLite2-City") { self.type = type }

    /// A file in which blocks have values: `["10.0.0.0/8": .map([…])]`, later ones within earlier ones.
    public static func bytes(_ type: String = "GeoLite2-City", _ blocks: [(String, Value)]) -> [UInt8] {
        var file = MaxMindFile(type)
        for (block, value) in blocks { file.add(block, value) }
        return file.bytes
    }

    /// Says what addresses of a block have: `a.b.c.d/n`, or `aaaa:bbbb::/n` with each group written out up to the `::`.
    public mutating func add(_ block: String, _ value: Value) {
        let place = data.count
        data += Self.encoded(value)
        add(block, .data(place))
    }

    private mutating func add(_ block: String, _ record: Record) {
        let parts = block.split(separator: "/")
        guard parts.count == 2, let length = Int(parts[1]) else { preconditionFailure("no block: \(block)") }
        var bits: [Int]
        if parts[0].contains(":") {
            precondition(version == 6)
            let groups = parts[0].split(separator: ":").map { UInt16($0, radix: 16) ?? 0 }
            let all = groups + Array(repeating: 0, count: 8 - groups.count)
            bits = Array(all.flatMap { group in (0..<16).reversed().map { Int(group >> UInt16($0) & 1) } }[..<length])
        } else {
            let octets = parts[0].split(separator: ".").compactMap { UInt8($0) }
            bits = Array(octets.flatMap { octet in (0..<8).reversed().map { Int(octet >> UInt8($0) & 1) } }[..<length])
            if version == 6 { bits = Array(repeating: 0, count: 96) + bits }
        }
        insert(bits, record)
    }

    private mutating func insert(_ bits: [Int], _ record: Record) {
        var node = 0
        for (index, bit) in bits.enumerated() {
            if index == bits.count - 1 {
                nodes[node][bit] = record
                return
            }
            if case .node(let next) = nodes[node][bit] {
                node = next
            } else {
                // Addresses beside the new block keep what they had.
                nodes.append([nodes[node][bit], nodes[node][bit]])
                nodes[node][bit] = .node(nodes.count - 1)
                node = nodes.count - 1
            }
        }
    }

    /// Where the data begins in `bytes`.
    public var dataStart: Int { nodes.count * recordBits / 4 + 16 }

    public var bytes: [UInt8] {
        var file: [UInt8] = []
        for node in nodes { append(number(of: node[0]), number(of: node[1]), to: &file) }
        file += [UInt8](repeating: 0, count: 16)
        file += data
        file += [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
        let standard: [(String, Value)] = [
            ("binary_format_major_version", .uint16(2)), ("binary_format_minor_version", .uint16(0)),
            ("build_epoch", .uint64(buildSeconds)), ("database_type", .text(type)),
            ("description", .map([("en", .text("A database of a test"))])), ("ip_version", .uint16(UInt16(version))),
            ("languages", .array([.text("en")])), ("node_count", .uint32(UInt32(nodes.count))),
            ("record_size", .uint16(UInt16(recordBits))),
        ]
        return file + Self.encoded(.map(standard + metadata))
    }

    private func number(of record: Record) -> Int {
        switch record {
        case .nothing: nodes.count
        case .node(let number): number
        case .data(let place): nodes.count + 16 + place
        }
    }

    private func append(_ left: Int, _ right: Int, to file: inout [UInt8]) {
        func bytes(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        if recordBits == 28 {
            // The byte in the middle has the four highest bits of both.
            file += bytes(left, 3) + [UInt8((left >> 24 & 15) << 4 | right >> 24 & 15)] + bytes(right, 3)
        } else {
            file += bytes(left, recordBits / 8) + bytes(right, recordBits / 8)
        }
    }

    // MARK: Values

    private static func encoded(_ value: Value) -> [UInt8] {
        switch value {
        case .text(let text): head(2, text.utf8.count) + Array(text.utf8)
        case .double(let number): head(3, 8) + big(number.bitPattern, 8)
        case .uint16(let number): head(5, 2) + big(UInt64(number), 2)
        case .uint32(let number): head(6, 4) + big(UInt64(number), 4)
        case .map(let pairs): head(7, pairs.count) + pairs.flatMap { encoded(.text($0.0)) + encoded($0.1) }
        case .int32(let number): head(8, 4) + big(UInt64(UInt32(bitPattern: number)), 4)
        case .uint64(let number): head(9, 8) + big(number, 8)
        case .array(let values): head(11, values.count) + values.flatMap { encoded($0) }
        case .flag(let isSet): head(14, isSet ? 1 : 0)
        case .float(let number): head(15, 4) + big(UInt64(number.bitPattern), 4)
        case .pointer(let place): [1 << 5 | 3 << 3] + big(UInt64(place), 4)
        case .bytes(let bytes): bytes
        }
    }

    private static func head(_ type: Int, _ size: Int) -> [UInt8] {
        let (low, more): (Int, [UInt8]) =
            switch size {
            case ..<29: (size, [])
            case ..<285: (29, big(UInt64(size - 29), 1))
            case ..<65_821: (30, big(UInt64(size - 285), 2))
            default: (31, big(UInt64(size - 65_821), 3))
            }
        return (type < 8 ? [UInt8(type << 5 | low)] : [UInt8(low), UInt8(type - 7)]) + more
    }

    private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
