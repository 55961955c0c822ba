/// Patterns by number, for tables that refer to many.
///
/// Matching through the list touches no reference count, which workers would otherwise contend for.
public final class PatternList: Sendable {
    /// The patterns, by number.
    public let patterns: [Pattern]

    /// The code of each of `patterns`, which keeps it alive; never written after `init`.
    private nonisolated(unsafe) let codes: UnsafeMutableBufferPointer<OpaquePointer>

    public init(_ patterns: [Pattern]) {
        self.patterns = patterns
        codes = .allocate(capacity: patterns.count)
        for (index, pattern) in patterns.enumerated() { codes.initializeElement(at: index, to: pattern.code) }
    }

    deinit { codes.deallocate() }

    /// Matches `subject` with the pattern at `index`; on `.match` the groups are in `scratch.captures`.
    public func match(at index: Int, _ subject: Span<UInt8>, _ scratch: inout PatternScratch) -> Pattern.Outcome {
        precondition(codes.indices.contains(index), "no such pattern")
        return Pattern.match(codes[index], subject, &scratch)
    }
}
