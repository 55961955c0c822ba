import Bytes
import HTTP
import Model
import Passwords

/// Digest authentication (RFC 7616) with MD5 and `qop=auth`: the client proves that it knows a password by a digest of it
/// with a nonce of ours.
///
/// A nonce is a time with random bits and a keyed digest of both, so that nothing has to be remembered of nonces; it holds for five minutes.
/// What is remembered, for as long, is each right answer: who sends it once more, having read it on its way, is told that
/// its nonce is stale, as a client is whose nonce is older. That one gets a new nonce by it and asks nobody for the password
/// again (RFC 7616 §3.4, §5.12).
final class DigestAuthFilter: Sendable {
    private let table: UserTable
    /// The digest of name, realm and password of each user, as 32 lower-case digits.
    private let digests: [[UInt8]]
    private let realm: [UInt8]

    /// How long a nonce holds, in seconds.
    private static let nonceLifetime: UInt64 = 300

    init(_ policy: DigestAuth) throws(FilterError) {
        let realm = Array(policy.realm.utf8)
        guard FieldSyntax.isValue(realm.span), !realm.contains(UInt8(ascii: "\"")), !realm.contains(UInt8(ascii: "\\"))
        else { throw .badRealm(policy.realm) }
        self.realm = realm
        table = UserTable(policy.users)
        digests = policy.users.map { $0.secret.bytes.map(\.lowercased) }
    }

    /// - Parameter limits: where answers are remembered for all workers; nil remembers none.
    func opinion(
        on head: borrowing RequestHead, _ limits: SharedLimits?, now: UInt64, _ scratch: inout FilterScratch
    ) -> AccessOpinion {
        let realm = realm
        guard let index = head.headers.firstIndex(of: .authorization),
            head.headers.firstIndex(of: .authorization, from: index + 1) == nil
        else { return .denied(.challenge) }
        let value = head.headers.value(index)
        guard let answer = DigestAnswer(value), value.extracting(answer.realm).equals(realm.span),
            value.extracting(answer.uri).equals(head.target)
        else { return .denied(.challenge) }
        let user = table.index(of: value.extracting(answer.username))
        // For unknown names the same is computed, with a digest that nobody has.
        let secret = user.map { digests[$0] } ?? Self.nobody
        let isRight = Self.isRight(answer, value, head, secret, &scratch.body)
        scratch.body.clear()
        guard isRight, user != nil, secret.count == 32 else { return .denied(.challenge) }
        switch Self.age(of: value.extracting(answer.nonce), now: now) {
        case .good:
            if Self.isFirst(answer, value, limits, now: now) { return .granted }
            scratch.nonceIsStale = true
            return .denied(.challenge)
        case .forged: return .denied(.challenge)
        case .old:
            scratch.nonceIsStale = true
            return .denied(.challenge)
        }
    }

    func writeChallenge(now: UInt64, _ scratch: inout FilterScratch) {
        let realm = realm
        guard scratch.fields.room >= realm.count + 160 else { return }
        scratch.fields.append("WWW-Authenticate: Digest realm=\"")
        scratch.fields.append(realm.span)
        scratch.fields.append("\", qop=\"auth\", algorithm=MD5, nonce=\"")
        Self.appendNonce(seconds: now / 1_000_000_000, to: &scratch.fields)
        scratch.fields.append(scratch.nonceIsStale ? "\", stale=true\r\n" : "\"\r\n")
    }

    private static let nobody = Array("00000000000000000000000000000000".utf8)

    /// Compares the client's response with ours: `MD5(secret:nonce:nc:cnonce:qop:MD5(method:uri))`.
    private static func isRight(
        _ answer: DigestAnswer, _ value: Span<UInt8>, _ head: borrowing RequestHead, _ secret: [UInt8],
        _ buffer: inout ByteBuffer
    ) -> Bool {
        buffer.clear()
        guard buffer.room >= value.count + head.methodBytes.count + 256 else { return false }
        buffer.append(head.methodBytes)
        buffer.append(.colon)
        buffer.append(value.extracting(answer.uri))
        let request = Digest.md5(buffer.readable.copied())
        buffer.clear()
        buffer.append(secret.span)
        for part in [answer.nonce, answer.nc, answer.cnonce] {
            buffer.append(.colon)
            buffer.append(value.extracting(part))
        }
        buffer.append(":auth:")
        buffer.append(hexadecimal: request)
        let expected = Digest.md5(buffer.readable.copied())
        buffer.clear()
        buffer.append(hexadecimal: expected)
        return Digest.areEqual(buffer.readable, value.extracting(answer.response))
    }

    /// Whether this answer to this nonce was never given before. The table of limits keeps it until the nonce has ended.
    private static func isFirst(
        _ answer: DigestAnswer, _ value: Span<UInt8>, _ limits: SharedLimits?, now: UInt64
    ) -> Bool {
        guard let limits else { return true }
        var hasher = Hasher()
        hasher.combine("digest answer")
        for part in [answer.username, answer.nonce, answer.response] {
            RateLimitFilter.combine(value.extracting(part), into: &hasher)
        }
        let key = UInt64(bitPattern: Int64(hasher.finalize()))
        let lifetime = (nonceLifetime + 1) * 1_000_000_000
        if case .admitted = limits.rates.admit(key, now: now, interval: lifetime, tolerance: 0) { return true }
        return false
    }

    // MARK: Nonces

    private enum Age { case good, old, forged }

    /// No two are the same, so that whose answer was refused can give another at once.
    private static func appendNonce(seconds: UInt64, to buffer: inout ByteBuffer) {
        let word = UInt64(UInt32.random(in: .min ... .max)) << 32 | seconds & 0xFFFF_FFFF
        buffer.append(hexadecimalWord: word)
        buffer.append(hexadecimalWord: seal(of: word))
    }

    private static func seal(of word: UInt64) -> UInt64 {
        var message = ProcessSecret.bytes
        for shift in stride(from: 0, to: UInt64(64), by: 8) {
            message.append(UInt8(truncatingIfNeeded: word >> shift))
        }
        return Digest.fingerprint(message.span).first
    }

    private static func age(of nonce: Span<UInt8>, now: UInt64) -> Age {
        guard nonce.count == 32, let made = word(nonce.extracting(0..<16)),
            let given = word(nonce.extracting(16..<32)), given == seal(of: made)
        else { return .forged }
        let seconds = made & 0xFFFF_FFFF
        guard seconds <= now / 1_000_000_000 else { return .forged }
        return now / 1_000_000_000 - seconds <= nonceLifetime ? .good : .old
    }

    private static func word(_ digits: Span<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for index in digits.indices {
            guard let digit = digits[index].hexValue else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}

extension ByteBuffer {
    /// Appends bytes as lower-case hexadecimal digits.
    fileprivate mutating func append(hexadecimal bytes: [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        for byte in bytes {
            append(digits.bytes[Int(byte >> 4)])
            append(digits.bytes[Int(byte & 15)])
        }
    }
}
