import Kubernetes
import Model

/// Limits in zones: `limit_req`, `limit_conn` and their kin.
extension SnippetTable {
    static let limits: [SnippetDirective] = [
        SnippetDirective(
            "limit_req_zone", .http, 3...3,
            "Defines a zone for `limit_req`: a text with variables that says whom requests are counted for, `zone=NAME:SIZE`, "
                + "`rate=10r/s` or `rate=30r/m`. Requests for whom the text is empty aren't limited. Stands in `http-snippet` "
                + "of the ConfigMap; the size is taken and says nothing, since memory is fixed."
        ) { snippet, directive throws(ValueFault) in try defineRateZone(&snippet, directive) },
        SnippetDirective(
            "limit_conn_zone", .http, 2...2, "Defines a zone for `limit_conn`, likewise, without a rate."
        ) { snippet, directive throws(ValueFault) in
            let key = try checkedKey(directive)
            let name = try zoneName(directive.arguments[1].text)
            guard snippet.zones.connections[name] == nil else { throw isTwice(name) }
            snippet.zones.connections[name] = key
        },
        SnippetDirective(
            "limit_req", .paths, 1...3,
            "Refuses requests that come faster than the rate of `zone=NAME`, one count for all who name it. `burst=N` lets so "
                + "many come early: they wait for their turn; with `nodelay` none does, with `delay=N` those beyond `N`. "
                + "Of several all must have room, and the longest wait counts. A place has those around it unless it has "
                + "`limit_req`, `limit-rps` or their kin itself."
        ) { snippet, directive throws(ValueFault) in try limitRate(&snippet, directive) },
        SnippetDirective(
            "limit_conn", .paths, 2...2,
            "Refuses requests for whom `N` are under way already, in a zone of `limit_conn_zone`: `limit_conn NAME N`."
        ) { snippet, directive throws(ValueFault) in
            let name = directive.arguments[0].text
            guard let text = snippet.zones.connections[name] else {
                throw isUnknown(name, "limit_conn_zone $binary_remote_addr zone=\(name):10m;")
            }
            guard let limit = Int(directive.arguments[1].text), (1...65_535).contains(limit) else {
                throw .expected("a number from 1 to 65535", directive.arguments[1].text)
            }
            try snippet.limits.add(.init(.init(name, key: try key(text, of: name, snippet)), limit: limit))
        },
        status("limit_req_status", "a rate", \.rateStatus),
        status("limit_conn_status", "`limit_conn`", \.connectionStatus),
        trial("limit_req_dry_run", "rates", \.ratesAreTrial),
        trial("limit_conn_dry_run", "`limit_conn`", \.connectionsAreTrial),
    ]

    private static func status(
        _ name: String, _ limit: String, _ field: any WritableKeyPath<ZoneLimitsDraft, Int?> & Sendable
    ) -> SnippetDirective {
        SnippetDirective(
            name, [.http, .server, .location], 1...1,
            "The status of requests that \(limit) refuses, those of annotations too; 503 unless the ConfigMap says otherwise."
        ) { snippet, directive throws(ValueFault) in
            snippet.limits[keyPath: field] = try Syntax<Int>.refusalStatus.parse(directive.arguments[0].text)
        }
    }

    private static func trial(
        _ name: String, _ limit: String, _ field: any WritableKeyPath<ZoneLimitsDraft, Bool?> & Sendable
    ) -> SnippetDirective {
        SnippetDirective(
            name, [.http, .server, .location], 1...1,
            "`on`: \(limit) count requests, and neither refuse nor delay them; those of annotations too."
        ) { snippet, directive throws(ValueFault) in
            let word = directive.arguments[0].text
            guard ["on", "off"].contains(word) else { throw .expected("on or off", word) }
            snippet.limits[keyPath: field] = word == "on"
        }
    }

    // MARK: Words

    private static func defineRateZone(
        _ snippet: inout SnippetCompiler, _ directive: NginxText.Directive
    ) throws(ValueFault) {
        let key = try checkedKey(directive)
        var name: String?
        var rate: (requests: Int, period: Duration)?
        for word in directive.arguments.dropFirst().map(\.text) {
            if word.hasPrefix("zone=") {
                name = try zoneName(word)
            } else if word.hasPrefix("rate="), let found = self.rate(word.dropFirst(5)) {
                rate = found
            } else {
                throw .expected("zone=NAME:SIZE and a rate such as rate=10r/s or rate=30r/m", word)
            }
        }
        guard let name, let rate else { throw ValueFault("the zone or its rate is missing") }
        guard snippet.zones.rates[name] == nil else { throw isTwice(name) }
        snippet.zones.rates[name] = LimitZones.Rate(key: key, requests: rate.requests, period: rate.period)
    }

    private static func rate(_ text: Substring) -> (requests: Int, period: Duration)? {
        for (ending, period) in [("r/s", Duration.seconds(1)), ("r/m", .seconds(60))] where text.hasSuffix(ending) {
            guard let count = Int(text.dropLast(ending.count)), (1...1_000_000_000).contains(count) else { return nil }
            return (count, period)
        }
        return nil
    }

    private static func limitRate(
        _ snippet: inout SnippetCompiler, _ directive: NginxText.Directive
    ) throws(ValueFault) {
        var name: String?
        var burst = 0
        var undelayed: Int? = 0
        for word in directive.arguments.map(\.text) {
            if word.hasPrefix("zone=") {
                name = String(word.dropFirst(5))
            } else if word.hasPrefix("burst="), let count = requests(word.dropFirst(6)) {
                burst = count
            } else if word.hasPrefix("delay="), let count = requests(word.dropFirst(6)) {
                undelayed = count
            } else if word == "nodelay" {
                undelayed = nil
            } else {
                throw .expected("zone=NAME, burst=N, nodelay or delay=N", word)
            }
        }
        guard let name else { throw ValueFault("zone=NAME is missing") }
        guard let zone = snippet.zones.rates[name] else {
            throw isUnknown(name, "limit_req_zone $binary_remote_addr zone=\(name):10m rate=10r/s;")
        }
        try snippet.limits.add(
            .init(
                .init(name, key: try key(zone.key, of: name, snippet)), requests: zone.requests, period: zone.period,
                burst: burst, undelayed: undelayed))
    }

    private static func requests(_ text: Substring) -> Int? {
        Int(text).flatMap { (1...1_000_000_000).contains($0) ? $0 : nil }
    }

    /// `zone=NAME:SIZE`, or in nginx's older spelling `NAME:SIZE`.
    private static func zoneName(_ word: String) throws(ValueFault) -> String {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard word.hasPrefix("zone="), parts.count == 2, isZoneName(parts[0].dropFirst(5)),
            let size = try? Syntax<Int?>.size.parse(String(parts[1])), size >= 32 << 10
        else { throw .expected("zone=NAME:SIZE with at least 32k, such as zone=one:10m", word) }
        return String(parts[0].dropFirst(5))
    }

    private static func isZoneName(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// The text that says whom requests are counted for. Which variables it may name is known where the zone is used.
    private static func checkedKey(_ directive: NginxText.Directive) throws(ValueFault) -> String {
        let key = directive.arguments[0].text
        guard !key.isEmpty, key.utf8.count <= 1024, key.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw .expected("a text with variables such as $binary_remote_addr", key)
        }
        if case .malformed? = TemplateText.fault(in: key) {
            throw ValueFault("\(quoted(key)) has a $ that names no variable")
        }
        return key
    }

    private static func key(
        _ text: String, of zone: String, _ snippet: SnippetCompiler
    ) throws(ValueFault) -> String {
        do throws(ValueFault) { return try snippet.template(text) } catch {
            throw ValueFault("whom zone \(zone) counts for: \(error.fault)", remedy: error.remedy)
        }
    }

    private static func isTwice(_ name: String) -> ValueFault {
        ValueFault("the zone \(quoted(name)) is defined already", remedy: "give each zone a name of its own")
    }

    private static func isUnknown(_ name: String, _ definition: String) -> ValueFault {
        ValueFault(
            "there is no zone \(quoted(name))",
            remedy: "write \(definition) into http-snippet of the ConfigMap, or use an annotation such as limit-rps")
    }
}

/// What `http-snippet` of the ConfigMap says of zones.
struct LimitZones: Sendable, Equatable {
    struct Rate: Sendable, Equatable {
        var key: String
        var requests: Int
        var period: Duration
    }

    /// By name.
    var rates: [String: Rate] = [:]
    /// Whom requests are counted for, by name.
    var connections: [String: String] = [:]
}

/// What one place says of limits in zones.
struct ZoneLimitsDraft: Sendable, Equatable {
    private(set) var rates: [ZoneLimits.Rate] = []
    private(set) var connections: [ZoneLimits.Connections] = []
    var rateStatus: Int?
    var connectionStatus: Int?
    var ratesAreTrial: Bool?
    var connectionsAreTrial: Bool?

    var isEmpty: Bool { self == ZoneLimitsDraft() }

    mutating func add(_ rate: ZoneLimits.Rate) throws(ValueFault) {
        try Self.check(rate.zone, among: rates.map(\.zone), "limit_req")
        rates.append(rate)
    }

    mutating func add(_ limit: ZoneLimits.Connections) throws(ValueFault) {
        try Self.check(limit.zone, among: connections.map(\.zone), "limit_conn")
        connections.append(limit)
    }

    private static func check(
        _ zone: ZoneLimits.Zone, among others: [ZoneLimits.Zone], _ directive: String
    ) throws(ValueFault) {
        if others.contains(where: { $0.name == zone.name }) {
            throw ValueFault(
                "the zone \(quoted(zone.name)) is used in this place already",
                remedy: "write one \(directive) for a zone")
        }
        guard others.count < ZoneLimits.most else {
            throw ValueFault("a place has no more than \(ZoneLimits.most)", remedy: "take some out")
        }
    }

    /// With what another text says of the same place.
    func beside(_ other: ZoneLimitsDraft) -> ZoneLimitsDraft {
        var both = self
        for rate in other.rates { try? both.add(rate) }
        for limit in other.connections { try? both.add(limit) }
        both.rateStatus = rateStatus ?? other.rateStatus
        both.connectionStatus = connectionStatus ?? other.connectionStatus
        both.ratesAreTrial = ratesAreTrial ?? other.ratesAreTrial
        both.connectionsAreTrial = connectionsAreTrial ?? other.connectionsAreTrial
        return both
    }

    /// Puts what this place says into its policy, and what those around it say where it says nothing, the nearest first.
    func apply(to policy: inout RoutePolicy, within outer: [ZoneLimitsDraft]) {
        var limits = ZoneLimits(rates: rates, connections: connections)
        let all = [self] + outer
        if rates.isEmpty, policy.rateLimit?.rates.isEmpty ?? true {
            limits.rates = outer.lazy.map(\.rates).first { !$0.isEmpty } ?? []
        }
        if connections.isEmpty, policy.rateLimit?.connections ?? 0 == 0 {
            limits.connections = outer.lazy.map(\.connections).first { !$0.isEmpty } ?? []
        }
        if let status = all.lazy.compactMap(\.rateStatus).first {
            limits.rateStatus = status
            policy.rateLimit?.rateStatus = status
        }
        if let status = all.lazy.compactMap(\.connectionStatus).first {
            limits.connectionStatus = status
            policy.rateLimit?.connectionStatus = status
        }
        limits.ratesAreTrial = all.lazy.compactMap(\.ratesAreTrial).first ?? false
        limits.connectionsAreTrial = all.lazy.compactMap(\.connectionsAreTrial).first ?? false
        policy.rateLimit?.ratesAreTrial = limits.ratesAreTrial
        policy.rateLimit?.connectionsAreTrial = limits.connectionsAreTrial
        policy.zoneLimits = limits.rates.isEmpty && limits.connections.isEmpty ? nil : limits
    }
}
