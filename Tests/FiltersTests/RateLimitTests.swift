import Bytes
import HTTP
import Model
import Testing

@testable import Filters

@Suite struct `Rate limit` {
    static let second: UInt64 = 1_000_000_000

    /// Asks a route again and again.
    struct Limiter {
        let limits = SharedLimits(rateSets: 1 << 6, connectionSets: 1 << 6)
        let route: RouteFilters

        init(_ change: (inout RateLimit) -> Void) throws {
            var limit = RateLimit(zone: "shop/web")
            change(&limit)
            route = try RouteFilters(
                Given.route { $0.rateLimit = limit }, host: VirtualHost(name: .any, origin: .builtIn),
                settings: Settings())
        }

        func ask(
            from client: String = "192.0.2.1", at now: UInt64 = second, _ fields: [String] = [],
            ticket: inout LimitTicket
        ) -> (verdict: Verdict, fields: String) {
            var scratch = FilterScratch()
            let head = Given.head("/", fields)
            let verdict = FilterChain.admit(
                head, Given.context(peer: ClientAddress(client)), route: route, limits: limits, now: now,
                ticket: &ticket, scratch: &scratch)
            return (verdict, scratch.fields.readable.text())
        }

        func ask(from client: String = "192.0.2.1", at now: UInt64 = second, _ fields: [String] = []) -> Verdict {
            var ticket = LimitTicket()
            return ask(from: client, at: now, fields, ticket: &ticket).verdict
        }
    }

    @Test func `refuses with the status that it is given, and says when to come back`() throws {
        let limiter = try Limiter {
            $0.rates = [.init(requests: 1, period: .seconds(60), burst: 0)]
            $0.rateStatus = 429
        }
        #expect(limiter.ask() == .proceed)
        var ticket = LimitTicket()
        let answer = limiter.ask(at: Self.second + Self.second / 2, ticket: &ticket)
        #expect(answer.verdict == .refuse(.tooManyRequests))
        #expect(answer.fields == "Retry-After: 60\r\n")
        #expect(limiter.ask(at: 61 * Self.second) == .proceed)
    }

    @Test func `counts each address for itself, and a /64 of IPv6 as one`() throws {
        let limiter = try Limiter { $0.rates = [.init(requests: 1, period: .seconds(1), burst: 0)] }
        #expect(limiter.ask(from: "192.0.2.1") == .proceed)
        #expect(limiter.ask(from: "192.0.2.2") == .proceed)
        #expect(limiter.ask(from: "192.0.2.1") == .refuse(.serviceUnavailable))
        #expect(limiter.ask(from: "2001:db8::1") == .proceed)
        #expect(limiter.ask(from: "2001:db8::ffff:1:2:3") == .refuse(.serviceUnavailable))
        #expect(limiter.ask(from: "2001:db8:0:1::1") == .proceed)
    }

    @Test func `can tell the addresses of a /64 apart`() throws {
        let limiter = try Limiter {
            $0.rates = [.init(requests: 1, period: .seconds(1), burst: 0)]
            $0.clientBitsV6 = 128
        }
        #expect(limiter.ask(from: "2001:db8::1") == .proceed)
        #expect(limiter.ask(from: "2001:db8::2") == .proceed)
        #expect(limiter.ask(from: "2001:db8::1") == .refuse(.serviceUnavailable))
    }

    @Test func `leaves exempt addresses alone`() throws {
        let limiter = try Limiter {
            $0.rates = [.init(requests: 1, period: .seconds(1), burst: 0)]
            $0.connections = 1
            $0.exempt = ["10.0.0.0/8"]
        }
        for _ in 0..<10 { #expect(limiter.ask(from: "10.1.2.3") == .proceed) }
    }

    @Test func `wants all rates to have room, and counts a refused request for none`() throws {
        let limiter = try Limiter {
            $0.rates = [
                .init(requests: 1, period: .seconds(1), burst: 1), .init(requests: 2, period: .seconds(60), burst: 1),
            ]
        }
        #expect(limiter.ask() == .proceed)
        #expect(limiter.ask() == .proceed)
        // The minute refuses; the second must not pay for it.
        for tick in 1..<30 { #expect(limiter.ask(at: Self.second + UInt64(tick)) != .proceed) }
        #expect(limiter.ask(at: 31 * Self.second) == .proceed)
    }

    @Test func `counts by a variable, and not where it is empty`() throws {
        let limiter = try Limiter {
            $0.rates = [.init(requests: 1, period: .seconds(1), burst: 0)]
            $0.key = "$http_x_api_key"
        }
        #expect(limiter.ask(["X-Api-Key: one"]) == .proceed)
        #expect(limiter.ask(["X-Api-Key: two"]) == .proceed)
        #expect(limiter.ask(from: "192.0.2.9", ["X-Api-Key: one"]) == .refuse(.serviceUnavailable))
        for _ in 0..<5 { #expect(limiter.ask() == .proceed) }
    }

    @Test func `holds requests under way apart from rates, and frees them once`() throws {
        let limiter = try Limiter {
            $0.connections = 2
            $0.connectionStatus = 429
        }
        var tickets = [LimitTicket(), LimitTicket(), LimitTicket()]
        #expect(limiter.ask(ticket: &tickets[0]).verdict == .proceed)
        #expect(limiter.ask(ticket: &tickets[1]).verdict == .proceed)
        #expect(limiter.ask(ticket: &tickets[2]).verdict == .refuse(.tooManyRequests))
        limiter.limits.leave(&tickets[2])
        limiter.limits.leave(&tickets[0])
        limiter.limits.leave(&tickets[0])
        #expect(limiter.ask(ticket: &tickets[0]).verdict == .proceed)
        #expect(limiter.ask(ticket: &tickets[2]).verdict == .refuse(.tooManyRequests))
    }

    @Test func `tells clients what they have left when it is asked to`() throws {
        let limiter = try Limiter {
            $0.rates = [.init(requests: 10, period: .seconds(10), burst: 4)]
            $0.showsStanding = true
        }
        for remaining in [4, 3, 2, 1, 0, 0] {
            var ticket = LimitTicket()
            _ = limiter.ask(ticket: &ticket)
            #expect(ticket.standing?.limit == 5)
            #expect(ticket.standing?.remaining == remaining)
        }
    }

    @Test(arguments: [-5, 0, 200, 700])
    func `is refused with a status that is no refusal`(status: Int) {
        #expect(throws: FilterError.badRefusalStatus(status)) { try Limiter { $0.rateStatus = status } }
    }

    @Test func `survives rates at the edge of what can be counted`() throws {
        for (requests, seconds, burst) in [(1_000_000_000, 1, Int.max), (1, 86_400, Int.max), (Int.max, 1, 0)] {
            let limiter = try Limiter {
                $0.rates = [.init(requests: requests, period: .seconds(seconds), burst: burst)]
                $0.showsStanding = true
            }
            #expect(limiter.ask() == .proceed)
        }
    }
}
