import Bytes
import HTTP
import Model
import Passwords

/// Asks for a user name and a password (RFC 7617), and knows whether they are right.
///
/// Cheap forms are checked at once. Slow ones are looked for among those that were right a moment ago; else the verdict is
/// `.verify`, and a thread of its own computes the hash. Whether a name exists makes no difference to the time that this
/// takes: for unknown names the costliest of the stored passwords is checked, in vain.
final class BasicAuthFilter: Sendable {
    private let table: UserTable
    private let hashes: [PasswordHash?]
    private let stored: [[UInt8]]
    /// The user whose hash is checked for names that don't exist; nil when there is nobody at all.
    private let decoy: Int?
    private let challenge: [UInt8]

    /// Longest name and password together, decoded.
    private static let longestCredentials = 2048

    init(_ policy: BasicAuth) throws(FilterError) {
        let realm = Array(policy.realm.utf8)
        guard FieldSyntax.isValue(realm.span), !realm.contains(UInt8(ascii: "\"")), !realm.contains(UInt8(ascii: "\\"))
        else { throw .badRealm(policy.realm) }
        table = UserTable(policy.users)
        stored = policy.users.map(\.secret.bytes)
        // A stored password that can't be used opens for nobody.
        let hashes = policy.users.map { try? PasswordHash($0.secret.bytes) }
        decoy = hashes.indices.filter { hashes[$0] != nil }.max { (hashes[$0]?.cost ?? 0) < (hashes[$1]?.cost ?? 0) }
        self.hashes = hashes
        challenge = Array("WWW-Authenticate: Basic realm=\"\(policy.realm)\"\r\n".utf8)
    }

    func opinion(on head: borrowing RequestHead, now: UInt64, _ scratch: inout FilterScratch) -> AccessOpinion {
        scratch.body.clear()
        guard let decoy, let colon = Self.credentials(of: head, to: &scratch.body) else { return .denied(.challenge) }
        let end = scratch.body.count
        let known = table.index(of: scratch.body.readable.extracting(0..<colon))
        let user = known.flatMap { hashes[$0] == nil ? nil : $0 } ?? decoy
        guard let hash = hashes[user] else { return .denied(.challenge) }
        let isInVain = user != known
        let kept = stored[user]
        let secret = ProcessSecret.bytes
        scratch.body.append(0)
        scratch.body.append(kept.span)
        scratch.body.append(secret.span)
        let fingerprint = Digest.fingerprint(scratch.body.readable)
        if !isInVain, scratch.passwords.contains(fingerprint, now: now) {
            scratch.body.clear()
            return .granted
        }
        let password = scratch.body.readable.extracting(colon + 1..<end).copied()
        scratch.body.clear()
        let check = PasswordCheck(password: password, hash: hash, fingerprint: fingerprint, isInVain: isInVain)
        guard hash.isSlow else { return check.run().opinion }
        scratch.passwordCheck = check
        return .pending(.verify)
    }

    func writeChallenge(_ scratch: inout FilterScratch) {
        let challenge = challenge
        guard scratch.fields.room >= challenge.count else { return }
        scratch.fields.append(challenge.span)
    }

    /// Writes `name:password` aside.
    ///
    /// - Returns: where the colon stands; nil when the request brings none, or more than one.
    private static func credentials(of head: borrowing RequestHead, to buffer: inout ByteBuffer) -> Int? {
        guard let index = head.headers.firstIndex(of: .authorization),
            head.headers.firstIndex(of: .authorization, from: index + 1) == nil
        else { return nil }
        let value = head.headers.value(index)
        guard value.count > 6, value.count <= longestCredentials * 4 / 3,
            value.extracting(0..<6).equalsIgnoringCase(("basic " as StaticString).bytes)
        else { return nil }
        var start = 6
        while start < value.count, value[start] == .space { start += 1 }
        guard Base64.decode(value.extracting(start...), to: &buffer) else { return nil }
        return buffer.readable.firstIndex(of: .colon)
    }
}

/// Bytes that only this process knows; all its workers use the same.
enum ProcessSecret {
    static let bytes: [UInt8] = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
}
