/// Counts the anchors and aliases of a document by its text alone, before anything expands them.
///
/// It errs on the side of counting too many: what looks like an alias within a block of text counts
/// too, though only when an anchor of that name stands before it.
struct AliasCensus {
    private(set) var anchors: Set<String> = []
    private(set) var aliases = 0
    /// Whether something other than a plain word may be a mapping's key.
    private(set) var hasComplexKey = false

    init(_ bytes: ArraySlice<UInt8>) {
        guard bytes.contains(UInt8(ascii: "&")), bytes.contains(UInt8(ascii: "*")) else { return }
        var previous = UInt8(ascii: "\n")
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "&") where Self.mayPrecedeToken(previous):
                let name = Self.name(in: bytes, after: index)
                if !name.isEmpty { anchors.insert(name) }
            case UInt8(ascii: "*") where Self.mayPrecedeToken(previous):
                let name = Self.name(in: bytes, after: index)
                guard anchors.contains(name) else { break }
                aliases += 1
                let end = index + 1 + name.utf8.count
                if Self.isFollowedByColon(bytes, from: end) { hasComplexKey = true }
            case UInt8(ascii: "?") where Self.mayPrecedeToken(previous): hasComplexKey = true
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if Self.isFollowedByColon(bytes, from: index + 1) { hasComplexKey = true }
            default: break
            }
            previous = byte
        }
    }

    /// Comparing keys walks everything they stand for, so a key made of nested aliases could take
    /// exponential time. Fewer aliases than this can't do harm.
    var hasDangerousKeys: Bool { aliases > 24 && hasComplexKey }

    private static func mayPrecedeToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":"):
            true
        default: false
        }
    }

    private static func name(in bytes: ArraySlice<UInt8>, after index: Int) -> String {
        let name = bytes[(index + 1)...].prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isFollowedByColon(_ bytes: ArraySlice<UInt8>, from start: Int) -> Bool {
        bytes[start...].first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: ":")
    }
}
