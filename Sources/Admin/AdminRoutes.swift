internal import Bytes
internal import HTTP
internal import Linux
public import Telemetry

/// What the admin server shows.
public struct AdminSource: Sendable {
    public var health: Health
    public var metrics: Metrics

    public init(health: Health, metrics: Metrics) {
        self.health = health
        self.metrics = metrics
    }
}

/// The admin server's table of paths.
///
/// `/healthz` and `/readyz` say `ok` or fail with 500; `/healthz/<check>` asks one check alone,
/// `?verbose` lists them all; `/metrics` is the Prometheus text.
struct AdminRoutes {
    let source: AdminSource

    /// - Parameter allowsScrape: false when there are scrapes enough already.
    func answer(_ head: borrowing RequestHead, now: Instant, allowsScrape: Bool) -> AdminResponse {
        guard head.method == .get else {
            var refusal = AdminResponse(.methodNotAllowed, "only GET is served here\n")
            refusal.allow = "GET"
            return refusal
        }
        let path = head.normalPath.text()
        let isVerbose = Self.asksForDetail(head.query.text())
        switch path {
        case "/healthz", "/readyz": return health(now, isVerbose)
        case "/metrics" where allowsScrape: return AdminResponse(Scrape(source.metrics, now: now))
        case "/metrics": return AdminResponse(.serviceUnavailable, "too many scrapes at a time\n")
        default: break
        }
        for check in source.health.checks(now: now) where path == "/healthz/\(check.name)" {
            return Self.answer([check], isVerbose)
        }
        return AdminResponse(.notFound, "not found\n")
    }

    private func health(_ now: Instant, _ isVerbose: Bool) -> AdminResponse {
        Self.answer(source.health.checks(now: now), isVerbose)
    }

    /// `ok`, or the list of checks as Kubernetes' own servers print it.
    private static func answer(_ checks: [HealthCheck], _ isVerbose: Bool) -> AdminResponse {
        let isHealthy = checks.allSatisfy { $0.fault == nil }
        if isHealthy && !isVerbose { return AdminResponse(.ok, "ok") }
        let lines = checks.map { check in
            check.fault.map { "[-]\(check.name) failed: \($0)\n" } ?? "[+]\(check.name) ok\n"
        }
        return AdminResponse(
            isHealthy ? .ok : .internalServerError,
            lines.joined() + (isHealthy ? "healthz check passed\n" : "healthz check failed\n"))
    }

    private static func asksForDetail(_ query: String) -> Bool {
        query.split(separator: "&").contains { $0 == "verbose" || $0.hasPrefix("verbose=") }
    }
}
