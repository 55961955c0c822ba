import COpenSSL
import Linux
import Synchronization

/// The keys that session tickets are encrypted with (RFC 5077), the same for all workers.
///
/// Random ones are replaced after half of a session's lifetime and understood until its end, so that a stolen key opens
/// little. A configured one stays: several replicas must understand each other's tickets.
final class TicketKeys: Sendable {
    /// One key: its name in tickets, and what encrypts and signs them.
    struct Key {
        var name: [UInt8]
        var cipherKey: [UInt8]
        var macKey: [UInt8]
        var madeAt: Instant

        /// A key that nobody knows.
        static func random(at now: Instant) -> Key {
            var bytes = [UInt8](repeating: 0, count: 80)
            _ = bytes.withUnsafeMutableBytes { RAND_bytes($0.baseAddress, 80) }
            defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
            return Key(bytes, at: now)
        }

        /// From 48 bytes (AES-128) or 80 (AES-256), laid out as nginx's `ssl_session_ticket_key` files are.
        init(_ bytes: [UInt8], at now: Instant) {
            name = Array(bytes[0..<16])
            if bytes.count == 48 {
                cipherKey = Array(bytes[16..<32])
                macKey = Array(bytes[32..<48])
            } else {
                macKey = Array(bytes[16..<48])
                cipherKey = Array(bytes[48..<80])
            }
            madeAt = now
        }

        /// Overwrites the secret parts.
        mutating func cleanse() {
            cipherKey.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
            macKey.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        }
    }

    private struct State {
        /// The newest first; that one encrypts.
        var keys: [Key] = []
        var fixed: [UInt8]?
        var lifetime: UInt64 = 600_000_000_000
    }

    private let state = Mutex(State())

    /// Lengths of a configured key.
    static let lengths: Set<Int> = [48, 80]

    /// - Parameters:
    ///   - key: 48 or 80 bytes; nil makes keys at random.
    ///   - sessionSeconds: how long a session may be resumed.
    func configure(key: [UInt8]?, sessionSeconds: Int) {
        let key = key.flatMap { Self.lengths.contains($0.count) ? $0 : nil }
        state.withLock { state in
            state.lifetime = UInt64(max(sessionSeconds, 1)) * 1_000_000_000
            guard key != state.fixed else { return }
            state.fixed = key
            for index in state.keys.indices { state.keys[index].cleanse() }
            state.keys = key.map { [Key($0, at: .now())] } ?? []
        }
    }

    /// Calls `body` with the key that encrypts now.
    func withCurrent<Result>(now: Instant = .now(), _ body: (Key) -> Result) -> Result {
        state.withLock { state in
            if state.fixed == nil { Self.rotate(&state, now) }
            return body(state.keys[0])
        }
    }

    /// Calls `body` with the key of that name; nil when it is not known any more.
    ///
    /// - Returns: what `body` returned, and whether the ticket ought to be replaced by one with a newer key.
    func with<Result>(
        name: UnsafeBufferPointer<UInt8>, now: Instant = .now(), _ body: (Key) -> Result
    ) -> (result: Result, isOld: Bool)? {
        state.withLock { state in
            if state.fixed == nil { Self.rotate(&state, now) }
            guard let index = state.keys.firstIndex(where: { $0.name.elementsEqual(name) }) else { return nil }
            return (body(state.keys[index]), index > 0)
        }
    }

    private static func rotate(_ state: inout State, _ now: Instant) {
        while let oldest = state.keys.last, now.nanoseconds(since: oldest.madeAt) >= state.lifetime + state.lifetime / 2
        {
            state.keys[state.keys.count - 1].cleanse()
            state.keys.removeLast()
        }
        guard let newest = state.keys.first, now.nanoseconds(since: newest.madeAt) < state.lifetime / 2 else {
            return state.keys.insert(.random(at: now), at: 0)
        }
    }

    // MARK: OpenSSL's side

    private nonisolated(unsafe) static let aes128 = EVP_CIPHER_fetch(nil, "AES-128-CBC", nil)
    // Fetched once, never freed, and only read by OpenSSL.
    private nonisolated(unsafe) static let aes256 = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)

    private static func cipher(_ key: Key) -> OpaquePointer? { key.cipherKey.count == 16 ? aes128 : aes256 }

    /// Encrypts a new ticket: fills in name and initial vector and keys both contexts.
    func seal(
        name: UnsafeMutablePointer<UInt8>, vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?
    ) -> CInt {
        withCurrent { key in
            name.update(from: key.name, count: key.name.count)
            guard RAND_bytes(vector, 16) == 1,
                EVP_EncryptInit_ex(cipher, Self.cipher(key), nil, key.cipherKey, vector) == 1,
                gh_ticket_mac(mac, key.macKey, key.macKey.count) == 1
            else { return -1 }
            return 1
        }
    }

    /// Opens a ticket.
    ///
    /// - Returns: 0 for a key that is not known, so that the handshake becomes a full one; 2 when the client is to get
    ///   a new ticket, which TLS 1.3 always wants.
    func open(
        name: UnsafeMutablePointer<UInt8>, vector: UnsafeMutablePointer<UInt8>, _ cipher: OpaquePointer?,
        _ mac: OpaquePointer?, renews: Bool
    ) -> CInt {
        let opened = with(name: UnsafeBufferPointer(start: name, count: 16)) { key in
            EVP_DecryptInit_ex(cipher, Self.cipher(key), nil, key.cipherKey, vector) == 1
                && gh_ticket_mac(mac, key.macKey, key.macKey.count) == 1
        }
        guard let opened else { return 0 }
        guard opened.result else { return -1 }
        return opened.isOld || renews ? 2 : 1
    }
}
