import Kubernetes
import Model

/// How much one client may ask for. Zero and less is no limit.
struct LimitDraft: Sendable, Equatable {
    var perSecond = 0
    var perMinute = 0
    var connections = 0
    var burstMultiplier = 5
    var exempt: [String] = []
    /// `rate-limit` and `rate-limit-window`
    var perWindow = 0
    var window = Duration.seconds(60)
    /// KiB a second, and KiB before; zero is no limit.
    var responseRate = 0
    var responseRateAfter = 0

    // From the ConfigMap alone.
    var rateStatus = 503
    var connectionStatus = 503
    /// Nil is the client's address.
    var key: String?
    var clientBitsV6 = 64
    var showsStanding = false

    /// How fast responses go out, or nil.
    func bandwidth() -> Bandwidth? {
        guard responseRate > 0 else { return nil }
        return Bandwidth(bytesPerSecond: responseRate << 10, bytesBefore: max(responseRateAfter, 0) << 10)
    }

    /// The limits of an Ingress, or nil. All its hosts and paths count together.
    func rateLimit(of ingress: NamespacedName) -> RateLimit? {
        var rates: [RateLimit.Rate] = []
        for (count, period) in [(perSecond, Duration.seconds(1)), (perMinute, .seconds(60))] where count > 0 {
            let (burst, overflow) = count.multipliedReportingOverflow(by: max(burstMultiplier, 0))
            rates.append(.init(requests: count, period: period, burst: overflow ? .max : burst))
        }
        if perWindow > 0 { rates.append(.init(requests: perWindow, period: window, burst: perWindow - 1)) }
        guard !rates.isEmpty || connections > 0 else { return nil }
        return RateLimit(
            zone: ingress.description, rates: rates, connections: min(max(connections, 0), 65_535), exempt: exempt,
            key: key, clientBitsV6: clientBitsV6, rateStatus: rateStatus, connectionStatus: connectionStatus,
            showsStanding: showsStanding)
    }
}

extension AnnotationGroup {
    static let limits = AnnotationGroup(
        "Limits", \.limits,
        note: """
            Counted for each client address (IPv6 for each /64) over all paths and hosts of the Ingress, by one count for \
            all workers, which a reload does not forget. A leaky bucket: a client that was quiet may send rate × multiplier \
            + 1 requests at once, then goes on at the rate. Refused requests don't count; they get `limit-req-status-code` \
            of the ConfigMap (503; often set to 429) with `Retry-After`, before any address list or password is looked at. \
            `rate-limit` and `rate-limit-window` are not ingress-nginx's, but published manifests use them.
            """,
        [
            Annotation(
                "limit-rps", .count, default: "0", .route, \.limits.perSecond, bad: .rejectObject, example: "5",
                "Requests that a client may make each second."),
            Annotation(
                "limit-rpm", .count, default: "0", .route, \.limits.perMinute, bad: .rejectObject, example: "100",
                "Requests that a client may make each minute."),
            Annotation(
                "limit-burst-multiplier", .integer(in: 0...1_000_000), default: "5", .route, \.limits.burstMultiplier,
                example: "3", "Burst of both, as a multiple of the rate."),
            Annotation(
                "limit-connections", .count, default: "0", .route, \.limits.connections, bad: .rejectObject,
                example: "10",
                "Requests that a client may have under way, tunnels included; others get `limit-conn-status-code`."),
            Annotation(
                "limit-allowlist", aliases: ["limit-whitelist"], .addresses, .route, \.limits.exempt,
                bad: .rejectObject, example: "10.0.0.0/8", "Addresses that none of these limits holds for."),
            Annotation(
                "rate-limit", .count, default: "0", .route, \.limits.perWindow, bad: .rejectObject, example: "100",
                """
                Requests that a client may make in each `rate-limit-window`: as many at once, and then as room comes back \
                at that rate.
                """),
            Annotation(
                "rate-limit-window", .window, default: "1m", .route, \.limits.window, bad: .rejectObject,
                example: "30s", "The time that `rate-limit` is for."),
            Annotation(
                "limit-rate", .kibibytes, default: "0", .route, \.limits.responseRate, global: true, example: "100",
                "KiB of a response that go out each second; 0 is as fast as possible."),
            Annotation(
                "limit-rate-after", .kibibytes, default: "0", .route, \.limits.responseRateAfter, global: true,
                example: "1000", "KiB of a response that go out before that rate holds."),
        ])
}

extension Syntax<Int> {
    /// How many of something; zero and less is none.
    static let count = Syntax("an integer, at most 1000000000") { text in
        Int(text).flatMap { $0 <= 1_000_000_000 ? $0 : nil }
    }

    /// An amount of data.
    static let kibibytes = Syntax("KiB, at most 1000000000") { text in
        Int(text).flatMap { $0 <= 1_000_000_000 ? $0 : nil }
    }

    /// The status of a refusal.
    static let refusalStatus = Syntax("a status from 400 to 599") { text in
        Int(text).flatMap { (400...599).contains($0) ? $0 : nil }
    }
}

extension Syntax<Duration> {
    /// A number with a unit, or seconds; at most a day.
    static let window = Syntax("a time such as 30s, 1m or 1h, at most 24h") { text in
        guard let time = try? Syntax<Duration>.time.parse(text), time <= .seconds(86_400) else { return nil }
        return time
    }
}
