import Filters
import TLS

/// What the connections of a host have settled: those that agree in everything share one object, so that thousands of idle
/// ones hold nothing of their own.
///
/// Belongs to a worker.
final class KnownSecurities {
    private struct Entry {
        var settlement: Settlement
        var name: ServerName?
        var security: ConnectionSecurity
    }

    private var entries: [Entry] = []

    /// Two versions, three ciphers, resumed or not: more differ only in the names of a wildcard, of which clients could
    /// make up any number.
    private static let most = 12

    /// - Parameters:
    ///   - name: the name that the client has indicated.
    ///   - identity: what the client has shown of itself; what was settled with such a client is its own.
    func security(
        of session: borrowing TLSSession, named name: ServerName?, _ identity: ClientIdentity?
    ) -> ConnectionSecurity {
        guard identity == nil else { return ConnectionSecurity(session, named: name, identity) }
        let settlement = session.settlement
        if let known = entries.first(where: { $0.settlement == settlement && $0.name == name }) {
            return known.security
        }
        let made = ConnectionSecurity(session, named: name, nil)
        if entries.count < Self.most { entries.append(Entry(settlement: settlement, name: name, security: made)) }
        return made
    }
}
