/// One connection of a client, counted for as long as this lives: it goes with the socket, whoever has that.
public struct ConnectionPlace: ~Copyable {
    private let limits: SharedLimits
    private let place: Int

    fileprivate init(_ limits: SharedLimits, _ place: Int) {
        self.limits = limits
        self.place = place
    }

    deinit { limits.connections.leave(place) }
}

extension SharedLimits {
    /// Tells connections apart from what routes count.
    private static let salt = UInt64.random(in: .min ... .max)

    /// Counts one connection more of an address, unless it holds `limit` already. One that finds no room to be counted
    /// is let in.
    ///
    /// - Parameter place: where the connection is counted; to be kept as long as it lives.
    /// - Returns: whether it may come in.
    public func admitConnection(
        from client: ClientAddress, limit: Int, place: inout ConnectionPlace?
    ) -> Bool {
        var hasher = Hasher()
        hasher.combine(Self.salt)
        hasher.combine(client.isV4 ? client.low : client.high)
        switch connections.enter(UInt64(bitPattern: Int64(hasher.finalize())), limit: limit) {
        case .admitted(let number): place = ConnectionPlace(self, number)
        case .uncounted: break
        case .refused: return false
        }
        return true
    }
}
