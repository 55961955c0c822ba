import COpenSSL
import Linux

/// Everything that lets clients resume sessions: shared by all workers and all contexts, so that a session goes on
/// whichever worker meets the client next, and whatever was reloaded in between.
///
/// Which sessions fit a host is not decided here: each session carries the scope that `TLSSession.accept` gave it.
public final class Resumption: Sendable {
    let tickets = TicketKeys()
    let sessions: SessionCache

    /// - Parameter cacheBytes: memory for kept sessions.
    public init(cacheBytes: Int = 10 << 20) { sessions = SessionCache(bytes: cacheBytes) }

    /// Follows the configuration: what can still be resumed stays.
    ///
    /// - Parameter ticketKey: 48 or 80 bytes in nginx's layout; nil makes keys at random and replaces them in time.
    public func configure(cacheBytes: Int, sessionSeconds: Int, ticketKey: [UInt8]?) {
        sessions.resize(bytes: cacheBytes)
        tickets.configure(key: ticketKey, sessionSeconds: sessionSeconds)
    }

    /// How many sessions are kept for resumption, and the bytes that they take.
    public var usage: (sessions: Int, bytes: Int) { sessions.usage }

    /// Tickets for a client after a full handshake. One will do: it may be used more than once.
    private static let ticketsOfHandshake = 1

    /// Has `context`, which holds this object alive, keep sessions and tickets here.
    func install(in context: OpaquePointer, _ settings: TLSServerSettings) {
        gh_SSL_CTX_set_app_data(context, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_set_timeout(context, CLong(max(settings.sessionSeconds, 1)))
        let resumes = settings.issuesTickets || settings.keepsSessions
        SSL_CTX_set_num_tickets(context, resumes ? Self.ticketsOfHandshake : 0)
        if settings.issuesTickets {
            SSL_CTX_set_tlsext_ticket_key_evp_cb(context) { ssl, name, vector, cipher, mac, seals in
                guard let name, let vector else { return -1 }
                let tickets = Resumption.of(ssl).tickets
                if seals == 1 { return tickets.seal(name: name, vector: vector, cipher, mac) }
                return tickets.open(
                    name: name, vector: vector, cipher, mac, renews: SSL_version(ssl) == TLS1_3_VERSION)
            }
        } else {
            SSL_CTX_set_options(context, GH_OP_NO_TICKET)
        }
        if settings.acceptsEarlyData {
            // Early data could be sent again by an attacker. OpenSSL's guard against that wants its own cache; ours gives a
            // kept session out once, which guards as well.
            SSL_CTX_set_options(context, GH_OP_NO_ANTI_REPLAY)
            SSL_CTX_set_max_early_data(context, 16 << 10)
            SSL_CTX_set_recv_max_early_data(context, 16 << 10)
        }
        keepSessions(in: context, settings)
    }

    private func keepSessions(in context: OpaquePointer, _ settings: TLSServerSettings) {
        guard settings.keepsSessions else {
            _ = gh_SSL_CTX_set_session_cache_mode(context, CLong(SSL_SESS_CACHE_OFF))
            return
        }
        _ = gh_SSL_CTX_set_session_cache_mode(
            context, CLong(SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR))
        SSL_CTX_sess_set_new_cb(context) { ssl, session in
            Resumption.of(ssl).keep(session, of: ssl)
            return 0
        }
        SSL_CTX_sess_set_get_cb(context) { ssl, bytes, count, takesReference in
            takesReference?.pointee = 0
            let once = SSL_get_max_early_data(ssl) > 0
            return Resumption.of(ssl).session(UnsafeRawBufferPointer(start: bytes, count: Int(count)), once: once)
        }
        SSL_CTX_sess_set_remove_cb(context) { context, session in
            guard let data = gh_SSL_CTX_get_app_data(context), let identifier = Resumption.identifier(of: session)
            else {
                return
            }
            Unmanaged<Resumption>.fromOpaque(data).takeUnretainedValue().sessions.remove(identifier)
        }
    }

    private static func of(_ ssl: OpaquePointer?) -> Resumption {
        guard let data = gh_SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) else {
            preconditionFailure("every context of a server knows where its sessions are kept")
        }
        return Unmanaged<Resumption>.fromOpaque(data).takeUnretainedValue()
    }

    private static func identifier(of session: OpaquePointer?) -> SessionCache.Identifier? {
        var length: CUnsignedInt = 0
        let bytes = SSL_SESSION_get_id(session, &length)
        return SessionCache.Identifier(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
    }

    private func keep(_ session: OpaquePointer?, of ssl: OpaquePointer?) {
        // TLS 1.3 tells of tickets, too; they hold the session themselves.
        let issuesTickets = SSL_get_options(ssl) & GH_OP_NO_TICKET == 0
        if issuesTickets && SSL_version(ssl) == TLS1_3_VERSION { return }
        guard let identifier = Self.identifier(of: session) else { return }
        let length = Int(i2d_SSL_SESSION(session, nil))
        guard length > 0, length <= SessionCache.largest else { return }
        let lifetime = UInt64(max(SSL_SESSION_get_timeout(session), 1)) * 1_000_000_000
        let now = Instant.now()
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { space in
            var end = space.baseAddress
            guard Int(i2d_SSL_SESSION(session, &end)) == length else { return }
            sessions.put(
                identifier, UnsafeRawBufferPointer(space), until: now.advanced(byNanoseconds: lifetime), now: now)
            OPENSSL_cleanse(space.baseAddress, length)
        }
    }

    /// The session of that name, which the caller owns.
    private func session(_ bytes: UnsafeRawBufferPointer, once: Bool) -> OpaquePointer? {
        guard let identifier = SessionCache.Identifier(bytes) else { return nil }
        return sessions.take(identifier, once: once) { kept in
            var position = kept.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return d2i_SSL_SESSION(nil, &position, CLong(kept.count))
        } ?? nil
    }
}
