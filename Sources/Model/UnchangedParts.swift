/// A part of a model that stands in a list ordered by its identifiers, and keeps what it holds in one place for all its
/// copies (`Boxed`).
public protocol ModelPart: Identifiable where ID: Comparable {
    /// Whether both are copies of one part, so that nothing can differ between them. Parts that are equal need not be.
    func isCopy(of other: Self) -> Bool
}

extension Array where Element: ModelPart {
    /// Where a part stands in a list that is ordered by its identifiers; nil when it is not there.
    public func index(of id: Element.ID) -> Int? {
        let parts = span
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < parts.count && parts[low].id == id ? low : nil
    }
}

/// Which parts of a list are the very ones of an earlier list, and where they stood there.
///
/// What was worked out for such a part still holds. Parts are told apart without a look inside: of ten thousand, a
/// reload as a rule changes one.
public struct UnchangedParts: Sendable {
    private let places: [Int32]

    /// - Parameter former: in the order of identifiers, as is the list itself.
    public init<Part: ModelPart>(of parts: [Part], since former: [Part]) {
        let (new, old) = (parts.span, former.span)
        var places: [Int32] = []
        places.reserveCapacity(new.count)
        var next = 0
        for index in new.indices {
            if next < old.count, !new[index].isCopy(of: old[next]) {
                while next < old.count, old[next].id < new[index].id { next += 1 }
            }
            if next < old.count, new[index].isCopy(of: old[next]) {
                places.append(Int32(next))
                next += 1
            } else {
                places.append(-1)
            }
        }
        self.places = places
    }

    /// Where a part of the list stood in the former one; nil when it wasn't there, or was another.
    public func formerPlace(of index: Int) -> Int? { places[index] < 0 ? nil : Int(places[index]) }
}
