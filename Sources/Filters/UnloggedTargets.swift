import Bytes
public import HTTP
public import Model
public import Pattern

/// Which requests leave no line in the access log (`disable-access-log`, `skip-access-log-urls`).
public final class UnloggedTargets: Sendable {
    private let isSilent: Bool
    private let words: [[UInt8]]
    private let patterns: [Pattern]

    /// - Returns: nil when every request is logged. A rule that can't be compiled hides nothing.
    public init?(_ settings: ObservationSettings) {
        if !settings.isSilent && settings.unloggedTargets.isEmpty { return nil }
        isSilent = settings.isSilent
        var words: [[UInt8]] = []
        var patterns: [Pattern] = []
        for rule in settings.unloggedTargets {
            switch rule {
            case .word(let text): words.append(Array(text.utf8))
            case .regex(let text, let ignoringCase):
                if let pattern = try? Pattern(text, options: ignoringCase ? .ignoringCase : []) {
                    patterns.append(pattern)
                }
            }
        }
        self.words = words
        self.patterns = patterns
    }

    /// Whether the request is kept out of the log.
    public func contains(_ head: borrowing RequestHead, _ scratch: inout PatternScratch) -> Bool {
        if isSilent { return true }
        for word in words where head.target.equals(word.span) { return true }
        for pattern in patterns where pattern.match(head.target, &scratch) == .match { return true }
        return false
    }
}
