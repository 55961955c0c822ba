import Bytes
import Filters
import Linux

/// Answers of authentication services that one worker keeps (`auth-cache-key`).
///
/// Keys are digests, so that no password or token stays in memory for the cache's sake. Bounded in entries and bytes:
/// what was used longest ago makes room. An answer that nobody wanted for half an hour is forgotten.
struct AuthCache: ~Copyable {
    /// Answers that are kept at most, and bytes of their heads.
    static let capacity = 4096
    static let byteLimit = 8 << 20
    private static let idleNanoseconds: UInt64 = 1_800_000_000_000

    private struct Entry {
        var answer: AuthAnswer
        var expires: Instant
        var lastUsed: Instant
        var bytes: Int
    }

    private var entries: [SipHash.Digest: Entry] = [:]
    private(set) var bytes = 0
    /// Nobody knows it, so nobody can choose a key that stands for another's answer.
    let hash = SipHash()

    var count: Int { entries.count }

    /// The answer that is kept under a key and still holds.
    mutating func answer(for key: SipHash.Digest, now: Instant) -> AuthAnswer? {
        guard let entry = entries[key] else { return nil }
        guard now < entry.expires, now.nanoseconds(since: entry.lastUsed) < Self.idleNanoseconds else {
            remove(key)
            return nil
        }
        entries[key]?.lastUsed = now
        return entry.answer
    }

    /// Keeps an answer for so many nanoseconds.
    mutating func keep(_ answer: AuthAnswer, for key: SipHash.Digest, nanoseconds: UInt64, now: Instant) {
        guard nanoseconds > 0 else { return }
        remove(key)
        let size = answer.bound
        guard size <= AuthAnswer.keptBytes else { return }
        if entries.count >= Self.capacity || bytes + size > Self.byteLimit { makeRoom(now: now) }
        bytes += size
        entries[key] = Entry(
            answer: answer, expires: now.advanced(byNanoseconds: min(nanoseconds, 1 << 62)), lastUsed: now, bytes: size)
    }

    private mutating func remove(_ key: SipHash.Digest) {
        if let entry = entries.removeValue(forKey: key) { bytes -= entry.bytes }
    }

    /// Removes what no longer holds, and at least the eighth that was used longest ago. Happens once in many answers.
    private mutating func makeRoom(now: Instant) {
        let ordered = entries.sorted { $0.value.lastUsed < $1.value.lastUsed }
        let surplus = max(ordered.count / 8, 1)
        for (index, (key, entry)) in ordered.enumerated() where index < surplus || entry.expires <= now { remove(key) }
    }
}
