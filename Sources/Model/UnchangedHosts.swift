/// Which hosts of a list are the very ones of an earlier list, and where they stood there.
///
/// What was worked out for such a host still holds. Hosts are told apart by what they share (`VirtualHost.isCopy`),
/// without a look inside: of ten thousand, a reload as a rule changes one.
public struct UnchangedHosts: Sendable {
    private let places: [Int32]

    /// - Parameter former: in the order of `ProxyModel.virtualHosts`, as is the list itself.
    public init(of hosts: [VirtualHost], since former: [VirtualHost]) {
        let (new, old) = (hosts.span, former.span)
        var places: [Int32] = []
        places.reserveCapacity(new.count)
        var next = 0
        for index in new.indices {
            if next < old.count, !new[index].isCopy(of: old[next]) {
                while next < old.count, old[next].name < new[index].name { next += 1 }
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

    /// Where a host of the list stood in the former one; nil when it wasn't there, or was another.
    public func formerPlace(of index: Int) -> Int? { places[index] < 0 ? nil : Int(places[index]) }
}
