/// How much one client may ask for. Clients over a limit are refused at once; nobody waits.
public struct RateLimit: Sendable, Hashable {
    /// So many requests in a period, as a leaky bucket: a client that was quiet may send `burst + 1` at once, then one
    /// each `period / requests`.
    public struct Rate: Sendable, Hashable {
        /// At least 1.
        public var requests: Int
        public var period: Duration
        /// Requests that may come earlier than the rate has them come.
        public var burst: Int

        public init(requests: Int, period: Duration, burst: Int) {
            self.requests = requests
            self.period = period
            self.burst = burst
        }
    }

    /// Names what is counted together: routes of one zone share their counts, whatever their hosts and paths, and keep
    /// them when the configuration changes.
    public var zone: String
    /// All of them must have room.
    public var rates: [Rate]
    /// Requests that a client may have under way at one time, tunnels included; zero is no limit. At most 65,535.
    public var connections: Int
    /// Addresses and CIDR blocks that no limit holds for.
    public var exempt: [String]
    /// Whom requests are counted for, as a template; nil is the client's address. An empty value is not limited.
    public var key: String?
    /// IPv6 addresses that agree in so many bits are one client. One client has a whole /64 at least.
    public var clientBitsV6: Int
    /// What a request over a rate is answered.
    public var rateStatus: Int
    /// What one too many under way is answered.
    public var connectionStatus: Int
    /// Every response says what the client has left (`RateLimit-Limit`, `-Remaining`, `-Reset`).
    public var showsStanding: Bool
    /// Requests are counted, and never refused.
    public var ratesAreTrial = false
    public var connectionsAreTrial = false

    public init(
        zone: String, rates: [Rate] = [], connections: Int = 0, exempt: [String] = [], key: String? = nil,
        clientBitsV6: Int = 64, rateStatus: Int = 503, connectionStatus: Int = 503, showsStanding: Bool = false
    ) {
        self.zone = zone
        self.rates = rates
        self.connections = connections
        self.exempt = exempt
        self.key = key
        self.clientBitsV6 = clientBitsV6
        self.rateStatus = rateStatus
        self.connectionStatus = connectionStatus
        self.showsStanding = showsStanding
    }
}

extension RateLimit {
    /// `limit 5 requests in 1s and 25 more at once for shop/web, else 503`
    var lines: [String] {
        var lines = rates.map { rate in
            "limit \(rate.requests) requests in \(rate.period.secondsText) and \(rate.burst) more at once for \(zone), "
                + "else \(rateStatus)"
        }
        if connections > 0 {
            lines.append("limit \(connections) requests under way for \(zone), else \(connectionStatus)")
        }
        if !exempt.isEmpty { lines.append("no limit for \(exempt.joined(separator: ", "))") }
        if let key { lines.append("limits counted by \(key)") }
        if clientBitsV6 != 64 { lines.append("limits counted by /\(clientBitsV6) of IPv6") }
        if showsStanding { lines.append("limits shown to clients") }
        if ratesAreTrial, !rates.isEmpty { lines.append("rates on trial") }
        if connectionsAreTrial, connections > 0 { lines.append("requests under way counted on trial") }
        return lines
    }
}
