/// Limits of requests that are counted in named zones, by whatever a template says of a request (`limit_req` and
/// `limit_conn` of nginx's snippets).
///
/// Routes that name one zone share its counts, whatever their hosts and paths, and keep them when the configuration
/// changes. All limits of a route must have room. A request that comes early, yet within the burst, waits for its turn
/// unless the limit says otherwise; of several waits the longest counts.
public struct ZoneLimits: Sendable, Hashable {
    /// What is counted together.
    public struct Zone: Sendable, Hashable {
        public var name: String
        /// Whom a request is counted for, as a template. An empty value isn't limited.
        public var key: String

        public init(_ name: String, key: String) {
            self.name = name
            self.key = key
        }
    }

    /// So many requests in a period, as a leaky bucket.
    public struct Rate: Sendable, Hashable {
        public var zone: Zone
        /// At least 1.
        public var requests: Int
        public var period: Duration
        /// Requests that may come earlier than the rate has them come.
        public var burst: Int
        /// So many of the burst go on at once, the others wait; nil when nobody waits.
        public var undelayed: Int?

        public init(_ zone: Zone, requests: Int, period: Duration, burst: Int = 0, undelayed: Int? = 0) {
            self.zone = zone
            self.requests = requests
            self.period = period
            self.burst = burst
            self.undelayed = undelayed
        }
    }

    /// So many requests under way at one time, tunnels included.
    public struct Connections: Sendable, Hashable {
        public var zone: Zone
        /// From 1 to 65,535.
        public var limit: Int

        public init(_ zone: Zone, limit: Int) {
            self.zone = zone
            self.limit = limit
        }
    }

    /// So many rates, and so many limits of requests under way, one route may have.
    public static let most = 7

    public var rates: [Rate]
    public var connections: [Connections]
    /// What a request over a rate is answered.
    public var rateStatus: Int
    /// What one too many under way is answered.
    public var connectionStatus: Int
    /// Requests are counted, and never refused nor delayed.
    public var ratesAreTrial: Bool
    public var connectionsAreTrial: Bool

    public init(
        rates: [Rate] = [], connections: [Connections] = [], rateStatus: Int = 503, connectionStatus: Int = 503,
        ratesAreTrial: Bool = false, connectionsAreTrial: Bool = false
    ) {
        self.rates = rates
        self.connections = connections
        self.rateStatus = rateStatus
        self.connectionStatus = connectionStatus
        self.ratesAreTrial = ratesAreTrial
        self.connectionsAreTrial = connectionsAreTrial
    }
}

extension ZoneLimits {
    /// `limit 10 requests in 1s and 20 more, who wait, in zone api by $binary_remote_addr, else 429`
    var lines: [String] {
        rates.map { rate in
            var text = "limit \(rate.requests) requests in \(rate.period.secondsText)"
            if rate.burst > 0 {
                let waiting = rate.undelayed.map { $0 == 0 ? ", who wait," : ", who wait beyond \($0)," }
                text += " and \(rate.burst) more\(waiting ?? " at once")"
            }
            return text + Self.ending(rate.zone, rateStatus, isTrial: ratesAreTrial)
        }
            + connections.map { limit in
                "limit \(limit.limit) requests under way"
                    + Self.ending(limit.zone, connectionStatus, isTrial: connectionsAreTrial)
            }
    }

    private static func ending(_ zone: Zone, _ status: Int, isTrial: Bool) -> String {
        " in zone \(zone.name) by \(zone.key)" + (isTrial ? ", on trial" : ", else \(status)")
    }

    /// Whether there are limits, not too many, each for something.
    var isValid: Bool {
        !(rates.isEmpty && connections.isEmpty) && rates.count <= Self.most && connections.count <= Self.most
            && rates.allSatisfy { $0.requests > 0 && $0.period > .zero && $0.burst >= 0 && ($0.undelayed ?? 0) >= 0 }
            && connections.allSatisfy { (1...65_535).contains($0.limit) }
            && (rates.map(\.zone) + connections.map(\.zone)).allSatisfy { isText($0.key) }
    }
}
