/// What limits count, for all workers and across changes of the configuration.
///
/// Memory is fixed and given by the system as it is used: room for two million addresses in 32 MiB, and for half a
/// million with requests under way in 4 MiB.
public final class SharedLimits: Sendable {
    let rates: RateTable
    let connections: ConnectionTable

    /// - Parameters:
    ///   - rateSets, connectionSets: sets of eight keys; powers of two.
    public init(rateSets: Int = 1 << 18, connectionSets: Int = 1 << 16) {
        rates = RateTable(sets: rateSets)
        connections = ConnectionTable(sets: connectionSets)
    }

    /// Clients whose count was forgotten early, and requests that were not counted, for want of room.
    public var misses: Int { rates.forgottenBuckets + connections.uncountedRequests }

    /// The memory that both tables take at most.
    public var byteCount: Int { rates.byteCount + connections.byteCount }

    /// The request that holds this ticket is over: the ticket is blank again.
    @inline(__always)
    public func leave(_ ticket: inout LimitTicket) {
        if !ticket.isBlank { takeBack(&ticket) }
    }

    private func takeBack(_ ticket: inout LimitTicket) {
        leavePlaces(of: &ticket)
        ticket = LimitTicket()
    }

    /// The request is under way nowhere any more. What its client has left is still known.
    func leavePlaces(of ticket: inout LimitTicket) {
        for index in 0..<ticket.count { connections.leave(Int(ticket.places[index])) }
        ticket.count = 0
    }
}

/// What a request was given when it was admitted. The exchange keeps it and returns it when it is over.
public struct LimitTicket: Sendable {
    /// What a client has left, for people who ask.
    public struct Standing: Sendable, Equatable {
        /// Requests that a quiet client may send at once.
        public var limit: Int
        public var remaining: Int
        /// Seconds until all of them are there again.
        public var resetSeconds: Int
    }

    /// Where the request is counted as under way, the first `count` of them.
    fileprivate var places = InlineArray<8, Int32>(repeating: 0)
    fileprivate var count = 0
    public internal(set) var standing: Standing? { didSet { isBlank = false } }
    /// Nothing was written on it: what most requests have.
    fileprivate var isBlank = true

    /// Notes one more place. There is one for the limit of an Ingress, and for each of `ZoneLimits.most`.
    mutating func add(_ place: Int) {
        precondition(count < places.count, "a route has no more limits than a ticket has places")
        places[count] = Int32(place)
        count += 1
        isBlank = false
    }

    public init() {}
}
