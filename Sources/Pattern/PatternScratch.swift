import CPCRE2

/// The memory that matching needs, reused from match to match so that none allocates. Each worker owns one.
///
/// It also carries the limits that bound the time of a match whatever the pattern: at most about a
/// millisecond interpreted and a fifth of that compiled to machine code, measured on patterns such as
/// `/(a+)+$` and `/(.*?,){20}P` over 8,000 bytes.
public struct PatternScratch: ~Copyable {
    /// Backtracking steps of one match.
    public static let matchLimit: UInt32 = 100_000
    /// Nested backtracking points of one match, when it is interpreted.
    public static let depthLimit: UInt32 = 10_000
    /// Memory of one match in KiB, when it is interpreted.
    public static let heapLimitKiB: UInt32 = 4 << 10
    /// Stack of compiled matches, in bytes; pages are taken as they are used.
    static let stackBytes = 32 << 10...1 << 20

    /// What the groups matched when the last match succeeded; otherwise as before.
    public var captures = Captures()

    let matchData: OpaquePointer
    let context: OpaquePointer
    private let stack: OpaquePointer?

    public init() {
        guard let matchData = pcre2_match_data_create_8(UInt32(Captures.capacity), nil),
            let context = pcre2_match_context_create_8(nil)
        else { preconditionFailure("no memory for a pattern scratch") }
        pcre2_set_match_limit_8(context, PatternScratch.matchLimit)
        pcre2_set_depth_limit_8(context, PatternScratch.depthLimit)
        pcre2_set_heap_limit_8(context, PatternScratch.heapLimitKiB)
        // Without a stack of its own a compiled match has 32 KiB of the thread's, which a group that
        // repeats over a long path exceeds.
        stack = pcre2_jit_stack_create_8(
            PatternScratch.stackBytes.lowerBound, PatternScratch.stackBytes.upperBound, nil)
        if let stack { pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack)) }
        self.matchData = matchData
        self.context = context
    }

    deinit {
        pcre2_match_data_free_8(matchData)
        pcre2_match_context_free_8(context)
        if let stack { pcre2_jit_stack_free_8(stack) }
    }

    /// Copies the groups of a successful match; `count` is what `pcre2_match` returned.
    mutating func takeCaptures(count: Int32) {
        guard let vector = pcre2_get_ovector_pointer_8(matchData) else { return }
        // Zero: the pattern has more groups than we keep, and all we keep are filled.
        let filled = count == 0 ? Captures.capacity : Int(count)
        captures.removeAll()
        for group in 0..<filled where vector[2 * group] != ~0 {
            captures.set(group, start: vector[2 * group], end: vector[2 * group + 1])
        }
    }
}
