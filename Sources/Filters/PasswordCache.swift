import Passwords

/// Passwords that were right a moment ago, so that a slow hash is not computed for each request.
///
/// An entry is a digest of the name, the password, what is stored for that name and a secret of this process: neither
/// can be read from it, and once the stored password changes no entry fits any more. A worker has one, of fixed size.
struct PasswordCache: ~Copyable {
    private struct Entry {
        var fingerprint = Digest.Fingerprint.none
        var until: UInt64 = 0
    }

    /// How long an entry holds, in nanoseconds.
    static let lifetime: UInt64 = 60_000_000_000
    private static let sets = 512
    private static let ways = 4

    /// Empty until the first password was right.
    private var entries: ContiguousArray<Entry> = []

    func contains(_ fingerprint: Digest.Fingerprint, now: UInt64) -> Bool {
        guard !entries.isEmpty else { return false }
        let first = Self.place(of: fingerprint)
        for index in first..<first + Self.ways where entries[index].until > now {
            if entries[index].fingerprint == fingerprint { return true }
        }
        return false
    }

    /// Takes the place of the entry that would end first.
    mutating func insert(_ fingerprint: Digest.Fingerprint, now: UInt64) {
        if entries.isEmpty { entries = ContiguousArray(repeating: Entry(), count: Self.sets * Self.ways) }
        let first = Self.place(of: fingerprint)
        var oldest = first
        for index in first..<first + Self.ways where entries[index].until < entries[oldest].until { oldest = index }
        entries[oldest] = Entry(fingerprint: fingerprint, until: now + Self.lifetime)
    }

    private static func place(of fingerprint: Digest.Fingerprint) -> Int {
        Int(fingerprint.first % UInt64(sets)) * ways
    }
}

/// A password that is to be checked off the worker's thread.
public struct PasswordCheck: Sendable {
    let password: [UInt8]
    let hash: PasswordHash
    /// Names password and user in the cache.
    let fingerprint: Digest.Fingerprint
    /// Nobody has the name: the check costs what it would cost for somebody, and is in vain.
    let isInVain: Bool

    /// Whether both ask for the same password of the same user against the same stored one.
    public func isSame(as other: PasswordCheck) -> Bool {
        fingerprint == other.fingerprint && isInVain == other.isInVain
    }

    /// Takes long. Call on a thread that nobody waits for.
    public func run() -> PasswordResult {
        let matches = hash.matches(password)
        return PasswordResult(isRight: matches && !isInVain, fingerprint: fingerprint)
    }
}

/// What came of a `PasswordCheck`.
public struct PasswordResult: Sendable {
    let isRight: Bool
    let fingerprint: Digest.Fingerprint

    /// What the access stage makes of it.
    public var opinion: AccessOpinion { isRight ? .granted : .denied(.challenge) }
}

extension FilterScratch {
    /// Remembers a password that was right.
    public mutating func learn(_ result: PasswordResult, now: UInt64) {
        if result.isRight { passwords.insert(result.fingerprint, now: now) }
    }

    /// The password that a verdict of `.verify` is about.
    public mutating func takePasswordCheck() -> PasswordCheck? {
        defer { passwordCheck = nil }
        return passwordCheck
    }
}
