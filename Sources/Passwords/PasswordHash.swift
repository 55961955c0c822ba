/// A password as a file of users keeps it: in which form, and how much work it is to check one against it.
///
/// The forms are those that nginx and Apache's `htpasswd` know. Values that would make checking absurdly expensive are
/// refused, since whoever can reach the login could make the proxy pay for it again and again.
public struct PasswordHash: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        /// `{PLAIN}`: the password itself.
        case plain
        /// `{SHA}`: base64 of SHA-1.
        case sha1
        /// `{SSHA}`: base64 of SHA-1 over password and salt, and the salt.
        case saltedSHA1
        /// `$apr1$`: Apache's thousand rounds of MD5.
        case apr1
        /// What crypt(3) knows: bcrypt, `$1$`, `$5$`, `$6$` and the old DES.
        case crypt
    }

    /// Largest cost of bcrypt: a second and more for one password.
    public static let largestCost = 14
    /// Most rounds of `$5$` and `$6$`; the usual number is 5,000.
    public static let mostRounds = 100_000
    /// Longest stored form in bytes.
    public static let longest = 512

    let form: Form
    /// What stands behind the form's name, or all of it for crypt(3).
    let text: [UInt8]

    /// Whether checking takes so long that a worker must not do it.
    public var isSlow: Bool { form == .apr1 || form == .crypt }
    /// How checks compare, roughly in microseconds.
    public let cost: Int

    /// - Throws: `PasswordHashFault`, which says nothing about the value.
    public init(_ stored: [UInt8]) throws(PasswordHashFault) {
        guard !stored.isEmpty else { throw .empty }
        guard stored.count <= Self.longest, !stored.contains(0) else { throw .unknownForm }
        if let rest = Self.rest(of: stored, behind: "{PLAIN}") {
            (form, text, cost) = (.plain, rest, 0)
        } else if let rest = Self.rest(of: stored, behind: "{SHA}") {
            guard let digest = Base64.decode(rest), digest.count == 20 else { throw .malformed }
            (form, text, cost) = (.sha1, digest, 1)
        } else if let rest = Self.rest(of: stored, behind: "{SSHA}") {
            guard let digest = Base64.decode(rest), digest.count > 20 else { throw .malformed }
            (form, text, cost) = (.saltedSHA1, digest, 1)
        } else if Self.rest(of: stored, behind: "$apr1$") != nil {
            (form, text, cost) = (.apr1, stored, 500)
        } else {
            (form, text) = (.crypt, stored)
            cost = try Self.cost(ofCrypt: stored)
        }
    }

    private static func rest(of bytes: [UInt8], behind name: String) -> [UInt8]? {
        bytes.starts(with: name.utf8) ? Array(bytes.dropFirst(name.utf8.count)) : nil
    }

    private static func cost(ofCrypt stored: [UInt8]) throws(PasswordHashFault) -> Int {
        for name in ["$2a$", "$2b$", "$2y$"] {
            guard let rest = rest(of: stored, behind: name) else { continue }
            // Two digits, a dollar sign, 22 characters of salt and 31 of the hash.
            guard rest.count == 56, rest[2] == UInt8(ascii: "$"),
                let cost = Int(String(decoding: rest[..<2], as: UTF8.self))
            else { throw .malformed }
            guard (4...largestCost).contains(cost) else { throw .tooExpensive }
            return 60 << cost
        }
        if rest(of: stored, behind: "$1$") != nil { return 500 }
        for name in ["$5$", "$6$"] {
            guard let rest = rest(of: stored, behind: name) else { continue }
            guard let written = Self.rest(of: rest, behind: "rounds=") else { return 3000 }
            let digits = written.prefix { $0 != UInt8(ascii: "$") }
            guard digits.count < 10, let rounds = Int(String(decoding: digits, as: UTF8.self)), rounds > 0 else {
                throw .malformed
            }
            guard rounds <= mostRounds else { throw .tooExpensive }
            return max(rounds / 2, 1)
        }
        guard stored.count == 13, stored.allSatisfy(isCryptDigit) else { throw .unknownForm }
        return 10
    }

    private static func isCryptDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

/// Hashes say nothing of themselves.
extension PasswordHash: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<a password's hash>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a stored password can't be used.
public enum PasswordHashFault: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case unknownForm
    case malformed
    case tooExpensive

    public var description: String {
        switch self {
        case .empty: "holds no password"
        case .unknownForm:
            "holds a password in no form that is known (bcrypt, $apr1$, $1$, $5$, $6$, {SHA}, {SSHA}, DES)"
        case .malformed: "holds a password whose form is broken"
        case .tooExpensive:
            "holds a password that is too expensive to check: bcrypt's cost may be \(PasswordHash.largestCost), "
                + "rounds \(PasswordHash.mostRounds) at most"
        }
    }
}
