public import Model

/// The databases that answer, one for each edition at most, and where in them each variable stands. Never changes: what a
/// folder holds later is another value.
public final class GeoDatabases: Sendable {
    /// Where a variable is found.
    struct Place: Sendable {
        /// The database's number; nil while there is none for the variable.
        var database: Int?
        var path: GeoPath
        var standard: [UInt8]
    }

    /// How many there can be.
    public static let capacity = GeoEdition.allCases.count

    private let databases: [GeoDatabase]
    /// By the numbers of `GeoVariable.all`.
    private let places: ContiguousArray<Place>

    public init(_ databases: [GeoEdition: GeoDatabase]) {
        let editions = GeoEdition.allCases.filter { databases[$0] != nil }
        self.databases = editions.compactMap { databases[$0] }
        places = ContiguousArray(
            GeoVariable.all.map { variable in
                guard let source = variable.sources.first(where: { databases[$0.edition] != nil }) else {
                    return Place(database: nil, path: GeoPath([]), standard: [])
                }
                return Place(
                    database: editions.firstIndex(of: source.edition), path: GeoPath(source.path),
                    standard: Array(source.standard.utf8))
            })
    }

    /// The database that a variable's value stands in, or nil.
    ///
    /// - Parameter variable: a number of `GeoVariable.all`.
    public func database(of variable: Int) -> Int? {
        places.indices.contains(variable) ? places[variable].database : nil
    }

    /// The record that a database has of an address.
    public func record(high: UInt64, low: UInt64, in database: Int) -> GeoDatabase.Record? {
        databases[database].record(high: high, low: low)
    }

    /// What a variable's database says, as nginx's geoip2 module prints it: fractions with five places, flags as 1 and 0.
    ///
    /// - Parameters:
    ///   - record: of the variable's database; nil for an address that it does not know.
    ///   - use: takes the value; it is empty when there is none.
    public func withValue<Result>(
        of variable: Int, _ record: GeoDatabase.Record?, _ use: (Span<UInt8>) -> Result
    ) -> Result {
        let place = places[variable]
        guard let number = place.database else { return use(place.standard.span) }
        let database = databases[number]
        let value = record.map { database.value(of: place.path, in: $0) } ?? .none
        switch value {
        case .none: return use(place.standard.span)
        case .text(let range): return use(database.text(range))
        case .flag(let isSet): return use(isSet ? Self.set.span : Self.unset.span)
        case .unsigned, .signed, .fraction: return GeoDigits(value).use(use)
        }
    }

    private static let set = [UInt8(ascii: "1")]
    private static let unset = [UInt8(ascii: "0")]
}
