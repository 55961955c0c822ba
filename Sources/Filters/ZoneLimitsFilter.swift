import Bytes
import HTTP
import Model
import Pattern

/// Limits in named zones, compiled: intervals in nanoseconds, keys as templates whose texts are hashed.
final class ZoneLimitsFilter: Sendable {
    private struct Rate: Sendable {
        /// Zone and rate: nginx keeps one rate a zone.
        var salt: UInt64
        var interval: UInt64
        var tolerance: UInt64
        /// Who comes no earlier than that doesn't wait.
        var undelayed: UInt64
        var key: Template
    }

    private struct Connections: Sendable {
        var salt: UInt64
        var limit: Int
        var key: Template
    }

    private let rates: [Rate]
    private let connections: [Connections]
    let rateStatus: Status
    private let connectionStatus: Status
    private let ratesAreTrial: Bool
    private let connectionsAreTrial: Bool
    let needsVariables: Bool

    init(_ limits: ZoneLimits, _ constants: Template.Constants) throws(FilterError) {
        rates = try limits.rates.map { rate throws(FilterError) in
            let interval = RateLimitFilter.interval(rate.requests, rate.period)
            return Rate(
                salt: Self.salt(rate.zone, interval), interval: interval,
                tolerance: RateLimitFilter.product(interval, rate.burst),
                undelayed: rate.undelayed.map { RateLimitFilter.product(interval, $0) } ?? .max,
                key: try Template(rate.zone.key, constants))
        }
        connections = try limits.connections.map { limit throws(FilterError) in
            Connections(
                salt: Self.salt(limit.zone, 0), limit: limit.limit, key: try Template(limit.zone.key, constants))
        }
        for status in [limits.rateStatus, limits.connectionStatus] where !(400...599).contains(status) {
            throw .badRefusalStatus(status)
        }
        rateStatus = Status(rawValue: UInt16(limits.rateStatus))
        connectionStatus = Status(rawValue: UInt16(limits.connectionStatus))
        ratesAreTrial = limits.ratesAreTrial
        connectionsAreTrial = limits.connectionsAreTrial
        needsVariables = rates.contains { $0.key.needsVariables } || connections.contains { $0.key.needsVariables }
    }

    /// The same in each configuration of this process for all who name the zone, and unknown outside of it.
    private static func salt(_ zone: ZoneLimits.Zone, _ interval: UInt64) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(zone)
        hasher.combine(interval)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Counts the request in all its rates, or refuses it and counts it in none.
    ///
    /// - Returns: `.delay` when it has to wait for `FilterScratch.delay`.
    func admit(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ limits: SharedLimits, now: UInt64, _ scratch: inout FilterScratch
    ) -> Verdict {
        var wait: UInt64 = 0
        for index in rates.indices {
            let rate = rates[index]
            guard let client = Self.client(of: rate.key, head, context, variables, &scratch) else { continue }
            switch limits.rates.admit(
                RateLimitFilter.mix(client, rate.salt), now: now, interval: rate.interval, tolerance: rate.tolerance)
            {
            case .admitted(let backlog):
                let early = backlog - rate.interval
                if early > rate.undelayed { wait = max(wait, early - rate.undelayed) }
            case .refused(let needed):
                giveBack(rates[..<index], head, context, variables, limits, &scratch)
                if ratesAreTrial { return .proceed }
                RateLimitFilter.appendRetry(after: needed, to: &scratch.fields)
                return .refuse(rateStatus)
            }
        }
        guard wait > 0, !ratesAreTrial else { return .proceed }
        scratch.delay = wait
        return .delay
    }

    /// Counts the request among those under way, or refuses it.
    func enter(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ limits: SharedLimits, _ ticket: inout LimitTicket, _ scratch: inout FilterScratch
    ) -> Verdict {
        for limit in connections {
            guard let client = Self.client(of: limit.key, head, context, variables, &scratch) else { continue }
            switch limits.connections.enter(RateLimitFilter.mix(client, limit.salt), limit: limit.limit) {
            case .admitted(let place): ticket.add(place)
            case .uncounted: break
            case .refused: return connectionsAreTrial ? .proceed : .refuse(connectionStatus)
            }
        }
        return .proceed
    }

    private func giveBack(
        _ passed: ArraySlice<Rate>, _ head: borrowing RequestHead, _ context: RequestContext,
        _ variables: RequestVariables?, _ limits: SharedLimits, _ scratch: inout FilterScratch
    ) {
        for rate in passed {
            guard let client = Self.client(of: rate.key, head, context, variables, &scratch) else { continue }
            limits.rates.giveBack(RateLimitFilter.mix(client, rate.salt), interval: rate.interval)
        }
    }

    /// The hash of whom the request is counted for; nil when it is for nobody.
    private static func client(
        of key: Template, _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        _ scratch: inout FilterScratch
    ) -> UInt64? {
        scratch.body.clear()
        // A value that has no room for its end is still the same one for the same client.
        _ = key.append(
            for: head, context, variables?.pathGroups ?? Captures(), variables: variables, to: &scratch.body)
        guard !scratch.body.isEmpty else { return nil }
        var hasher = Hasher()
        RateLimitFilter.combine(scratch.body.readable, into: &hasher)
        scratch.body.clear()
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
