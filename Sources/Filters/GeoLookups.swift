import Bytes
public import GeoIP

/// What the databases say of one request's client, looked up when somebody asks and at most once in each.
///
/// A request's context has one where the configuration has databases. What it keeps is kept by the address, so the next
/// request of the same client finds it, and another client's request never does.
public final class GeoLookups {
    private struct Kept {
        var client: ClientAddress
        /// Nil for an address that the database does not know.
        var record: GeoDatabase.Record?
    }

    private let databases: GeoDatabases
    /// By the databases' numbers.
    private var kept: ContiguousArray<Kept?>

    public init(_ databases: GeoDatabases) {
        self.databases = databases
        kept = ContiguousArray(repeating: nil, count: GeoDatabases.capacity)
    }

    /// Hands over the value of a variable, by its number in `GeoVariable.all`; empty when nothing is known.
    public func withValue<Result>(
        of variable: Int, for client: ClientAddress, _ use: (Span<UInt8>) -> Result
    ) -> Result {
        guard let database = databases.database(of: variable) else {
            return databases.withValue(of: variable, nil, use)
        }
        return databases.withValue(of: variable, record(of: client, in: database), use)
    }

    private func record(of client: ClientAddress, in database: Int) -> GeoDatabase.Record? {
        if let known = kept[database], known.client == client { return known.record }
        let record = databases.record(high: client.high, low: client.low, in: database)
        kept[database] = Kept(client: client, record: record)
        return record
    }
}

extension RequestContext {
    /// Appends the value of a variable of places; false when there is no room.
    func append(place variable: Int, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        geo?.withValue(of: variable, for: client) { value in
            value.isEmpty || buffer.append(decoded: value, escaping)
        } ?? true
    }
}
