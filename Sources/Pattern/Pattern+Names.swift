import CPCRE2

/// Groups that have names: `(?<name>…)`, `(?P<name>…)`, `(?'name'…)`.
extension Pattern {
    /// A group and its name.
    public struct GroupName: Sendable, Hashable {
        public let name: String
        /// Counted from 1, by opening parentheses; may be beyond what `Captures` keep.
        public let group: Int
    }

    /// The named groups, by their numbers. Read when a configuration is compiled; allocates.
    public var groupNames: [GroupName] {
        var count: UInt32 = 0
        var entrySize: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        guard pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMECOUNT), &count) == 0, count > 0,
            pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &entrySize) == 0,
            pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_NAMETABLE), &table) == 0, let table
        else { return [] }
        // Each entry: the group's number in two bytes, the greater first, then the name and a zero (pcre2api).
        let entries = UnsafeBufferPointer(start: table, count: Int(count) * Int(entrySize))
        return stride(from: 0, to: entries.count, by: Int(entrySize)).map { start in
            let name = entries[(start + 2)..<(start + Int(entrySize))].prefix { $0 != 0 }
            return GroupName(
                name: String(decoding: name, as: UTF8.self), group: Int(entries[start]) << 8 | Int(entries[start + 1]))
        }
        .sorted { $0.group < $1.group }
    }
}
