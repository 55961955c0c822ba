public import Bytes
import HTTP
import Model
import Pattern

/// A rate limit, compiled: intervals in nanoseconds, keys as hashes.
final class RateLimitFilter: Sendable {
    private struct Rate: Sendable {
        /// Zone and rate; two rates of one zone have buckets of their own.
        var salt: UInt64
        var interval: UInt64
        var tolerance: UInt64
        var burst: Int
    }

    private let rates: [Rate]
    private let connections: Int
    private let connectionSalt: UInt64
    private let exempt: AddressSet
    /// Nil for the client's address.
    private let key: Template?
    private let maskV6: (high: UInt64, low: UInt64)
    private let rateStatus: Status
    private let connectionStatus: Status
    private let showsStanding: Bool
    private let ratesAreTrial: Bool
    private let connectionsAreTrial: Bool

    /// Longest interval or tolerance: a century.
    private static let longest: UInt64 = 100 * 365 * 86_400 * 1_000_000_000

    init(_ limit: RateLimit, _ constants: Template.Constants) throws(FilterError) {
        rates = limit.rates.enumerated().map { number, rate in
            let interval = Self.interval(rate.requests, rate.period)
            return Rate(
                salt: Self.salt(limit.zone, number, rate.period), interval: interval,
                tolerance: Self.product(interval, rate.burst),
                burst: min(max(rate.burst, 0), 1 << 40))
        }
        connections = limit.connections
        connectionSalt = Self.salt(limit.zone, -1, .zero)
        exempt = try AddressSet(limit.exempt)
        if let text = limit.key { key = try Template(text, constants) } else { key = nil }
        let bits = min(max(limit.clientBitsV6, 0), 128)
        maskV6 = (
            bits >= 64 ? .max : ~(UInt64.max &>> UInt64(bits)),
            bits <= 64 ? 0 : bits == 128 ? .max : ~(UInt64.max &>> UInt64(bits - 64))
        )
        for status in [limit.rateStatus, limit.connectionStatus] where !(400...599).contains(status) {
            throw .badRefusalStatus(status)
        }
        rateStatus = Status(rawValue: UInt16(limit.rateStatus))
        connectionStatus = Status(rawValue: UInt16(limit.connectionStatus))
        showsStanding = limit.showsStanding
        ratesAreTrial = limit.ratesAreTrial
        connectionsAreTrial = limit.connectionsAreTrial
    }

    /// Nanoseconds between two requests at a rate.
    static func interval(_ requests: Int, _ period: Duration) -> UInt64 {
        let (seconds, attoseconds) = period.components
        let nanoseconds = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let period =
            nanoseconds.overflow ? longest : nanoseconds.partialValue + UInt64(clamping: attoseconds / 1_000_000_000)
        return min(max(period / UInt64(max(requests, 1)), 1), longest)
    }

    /// What so many requests take at a rate; a century at most.
    static func product(_ interval: UInt64, _ count: Int) -> UInt64 {
        let (product, overflow) = interval.multipliedReportingOverflow(by: UInt64(max(count, 0)))
        return overflow ? longest : min(product, longest)
    }

    /// The same in each configuration of this process, and unknown outside of it.
    private static func salt(_ zone: String, _ number: Int, _ period: Duration) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(zone)
        hasher.combine(number)
        hasher.combine(period)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Counts the request in all rates, or refuses it. Rates that passed are given back when a later one refuses.
    func admit(
        _ head: borrowing RequestHead, _ context: RequestContext, _ limits: SharedLimits, now: UInt64,
        _ ticket: inout LimitTicket, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard !rates.isEmpty, let client = limited(head, context, &scratch) else { return .proceed }
        for index in rates.indices {
            let rate = rates[index]
            switch limits.rates.admit(
                Self.mix(client, rate.salt), now: now, interval: rate.interval, tolerance: rate.tolerance)
            {
            case .admitted(let backlog): note(rate, backlog: backlog, &ticket)
            case .refused(let wait):
                giveBack(rates[..<index], of: client, limits)
                if ratesAreTrial { return .proceed }
                note(rate, backlog: rate.tolerance &+ rate.interval &+ wait, &ticket)
                Self.appendRetry(after: wait, to: &scratch.fields)
                return .refuse(rateStatus)
            }
        }
        return .proceed
    }

    /// Takes back what an admitted request counted for.
    func giveBack(
        _ head: borrowing RequestHead, _ context: RequestContext, _ limits: SharedLimits,
        _ scratch: inout FilterScratch
    ) {
        guard !rates.isEmpty, let client = limited(head, context, &scratch) else { return }
        giveBack(rates[...], of: client, limits)
    }

    private func giveBack(_ passed: ArraySlice<Rate>, of client: UInt64, _ limits: SharedLimits) {
        for rate in passed { limits.rates.giveBack(Self.mix(client, rate.salt), interval: rate.interval) }
    }

    /// Counts the request among those under way, or refuses it.
    func enter(
        _ head: borrowing RequestHead, _ context: RequestContext, _ limits: SharedLimits,
        _ ticket: inout LimitTicket, _ scratch: inout FilterScratch
    ) -> Verdict {
        guard connections > 0, let client = limited(head, context, &scratch) else { return .proceed }
        switch limits.connections.enter(Self.mix(client, connectionSalt), limit: connections) {
        case .admitted(let place): ticket.add(place)
        case .uncounted: break
        case .refused: return connectionsAreTrial ? .proceed : .refuse(connectionStatus)
        }
        return .proceed
    }

    /// The hash of whom the request is counted for; nil when no limit holds for it.
    private func limited(
        _ head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> UInt64? {
        if !exempt.isEmpty, exempt.contains(context.client) { return nil }
        return client(of: head, context, &scratch)
    }

    /// The hash of whom the request is counted for; nil when it is for nobody.
    private func client(
        of head: borrowing RequestHead, _ context: RequestContext, _ scratch: inout FilterScratch
    ) -> UInt64? {
        var hasher = Hasher()
        if let key {
            scratch.body.clear()
            // A value that has no room for its end is still the same one for the same client.
            _ = key.append(for: head, context, Captures(), to: &scratch.body)
            if scratch.body.isEmpty { return nil }
            Self.combine(scratch.body.readable, into: &hasher)
            scratch.body.clear()
        } else if context.client.isV4 {
            hasher.combine(context.client.low)
        } else {
            hasher.combine(context.client.high & maskV6.high)
            hasher.combine(context.client.low & maskV6.low)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Adds bytes and how many there are of them.
    static func combine(_ bytes: Span<UInt8>, into hasher: inout Hasher) {
        var word: UInt64 = 0
        for index in bytes.indices {
            word = word << 8 | UInt64(bytes[index])
            if index & 7 == 7 {
                hasher.combine(word)
                word = 0
            }
        }
        hasher.combine(word)
        hasher.combine(bytes.count)
    }

    /// Both are keyed hashes, so folding their product is enough to tell zones apart.
    static func mix(_ client: UInt64, _ salt: UInt64) -> UInt64 {
        let product = (client ^ salt).multipliedFullWidth(by: salt | 1)
        return product.high ^ product.low
    }

    private func note(_ rate: Rate, backlog: UInt64, _ ticket: inout LimitTicket) {
        guard showsStanding else { return }
        let capacity = rate.tolerance + rate.interval
        let remaining = backlog >= capacity ? 0 : Int((capacity - backlog) / rate.interval)
        if let before = ticket.standing, before.remaining <= remaining { return }
        ticket.standing = LimitTicket.Standing(
            limit: rate.burst + 1, remaining: remaining, resetSeconds: Self.seconds(backlog))
    }

    /// `Retry-After` (RFC 9110 §10.2.3), so that honest clients come back when there is room.
    static func appendRetry(after wait: UInt64, to fields: inout ByteBuffer) {
        guard fields.room >= 64 else { return }
        fields.append("Retry-After: ")
        fields.append(decimal: max(seconds(wait), 1))
        fields.append("\r\n")
    }

    /// Rounded up.
    private static func seconds(_ nanoseconds: UInt64) -> Int { Int((nanoseconds + 999_999_999) / 1_000_000_000) }
}

extension LimitTicket {
    /// Bytes that `append` needs at most.
    public static let fieldBound = 160

    /// Appends what the client has left, when it is to know (draft-ietf-httpapi-ratelimit-headers-06).
    public func append(to buffer: inout ByteBuffer) {
        guard let standing else { return }
        buffer.append("RateLimit-Limit: ")
        buffer.append(decimal: standing.limit)
        buffer.append("\r\nRateLimit-Remaining: ")
        buffer.append(decimal: standing.remaining)
        buffer.append("\r\nRateLimit-Reset: ")
        buffer.append(decimal: standing.resetSeconds)
        buffer.append("\r\n")
    }
}
