import Bytes
import HTTP
public import Model
import Pattern

/// Clients that no host serves, by what they say of themselves (`block-user-agents`, `block-referers`). Answered 403
/// before anything else is looked at.
public final class BlockedClients: Sendable {
    private let agents: TextRules
    private let referers: TextRules
    private let blocksEverybody: Bool

    /// The clients that are blocked, or nil for none. When a rule can't be compiled, nobody comes in.
    public static func compiled(_ settings: AdmissionSettings) -> BlockedClients? {
        if settings.blockedAgents.isEmpty && settings.blockedReferers.isEmpty { return nil }
        do throws(FilterError) { return try BlockedClients(settings) } catch { return BlockedClients() }
    }

    private init() {
        agents = .none
        referers = .none
        blocksEverybody = true
    }

    init(_ settings: AdmissionSettings) throws(FilterError) {
        agents = try TextRules(settings.blockedAgents)
        referers = try TextRules(settings.blockedReferers)
        blocksEverybody = false
    }

    /// - Parameter scratch: keeps the groups of the route's own pattern.
    func decide(_ head: borrowing RequestHead, _ scratch: inout PatternScratch) -> Verdict {
        if blocksEverybody { return .refuse(.forbidden) }
        let groups = scratch.captures
        let verdict = judge(head, &scratch)
        scratch.captures = groups
        return verdict
    }

    private func judge(_ head: borrowing RequestHead, _ scratch: inout PatternScratch) -> Verdict {
        switch agents.holds(for: .userAgent, of: head.headers, &scratch) {
        case .no: break
        case .yes: return .refuse(.forbidden)
        case .limitExceeded: return .refuse(.internalServerError)
        }
        switch referers.holds(for: .referer, of: head.headers, &scratch) {
        case .no: return .proceed
        case .yes: return .refuse(.forbidden)
        case .limitExceeded: return .refuse(.internalServerError)
        }
    }
}

/// Rules for a text, compiled.
struct TextRules: Sendable {
    enum Answer { case no, yes, limitExceeded }

    private let words: [[UInt8]]
    private let patterns: [Pattern]

    static let none = TextRules()

    private init() {
        words = []
        patterns = []
    }

    init(_ rules: [TextRule]) throws(FilterError) {
        var words: [[UInt8]] = []
        var patterns: [Pattern] = []
        for rule in rules {
            switch rule {
            case .word(let text): words.append(Array(text.utf8))
            case .regex(let text, let ignoringCase):
                do throws(PatternError) {
                    patterns.append(try Pattern(text, options: ignoringCase ? .ignoringCase : []))
                } catch {
                    throw .badPattern(text, error)
                }
            }
        }
        self.words = words
        self.patterns = patterns
    }

    /// Whether one of the rules holds for a field; a missing one is empty.
    func holds(for id: HeaderID, of headers: borrowing HeaderBlock, _ scratch: inout PatternScratch) -> Answer {
        guard !words.isEmpty || !patterns.isEmpty, let index = headers.firstIndex(of: id) else { return .no }
        for word in words where headers.value(index).equalsIgnoringCase(word.span) { return .yes }
        for pattern in patterns {
            switch pattern.match(headers.value(index), &scratch) {
            case .match: return .yes
            case .noMatch: continue
            case .limitExceeded: return .limitExceeded
            }
        }
        return .no
    }
}
