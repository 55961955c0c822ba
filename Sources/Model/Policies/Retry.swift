/// When a failed request is tried on another endpoint (`proxy-next-upstream` in ingress-nginx).
///
/// Only before the first byte of a response went to the client, and only while the request can be
/// repeated whole.
public struct Retry: Sendable, Hashable {
    /// Failures and statuses, by the words of `proxy-next-upstream`.
    public struct Conditions: OptionSet, Sendable, Hashable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// The connection was refused or broke.
        public static let error = Conditions(rawValue: 1 << 0)
        /// Connecting, sending or reading took too long.
        public static let timeout = Conditions(rawValue: 1 << 1)
        /// The upstream's answer was no valid response head.
        public static let invalidHeader = Conditions(rawValue: 1 << 2)
        public static let status500 = Conditions(rawValue: 1 << 3)
        public static let status502 = Conditions(rawValue: 1 << 4)
        public static let status503 = Conditions(rawValue: 1 << 5)
        public static let status504 = Conditions(rawValue: 1 << 6)
        public static let status403 = Conditions(rawValue: 1 << 7)
        public static let status404 = Conditions(rawValue: 1 << 8)
        public static let status429 = Conditions(rawValue: 1 << 9)
        /// Also repeat POST, LOCK and PATCH after bytes were sent.
        public static let nonIdempotent = Conditions(rawValue: 1 << 10)

        /// The condition that a status stands for, or none.
        public static func status(_ code: Int) -> Conditions {
            switch code {
            case 500: .status500
            case 502: .status502
            case 503: .status503
            case 504: .status504
            case 403: .status403
            case 404: .status404
            case 429: .status429
            default: []
            }
        }
    }

    public var conditions: Conditions
    /// Attempts in all, the first included; 0 is no limit but the number of endpoints, or 3 where there are fewer.
    public var tries: Int
    /// The time within which a further attempt may start; zero is no limit.
    public var timeout: Duration

    public init(conditions: Conditions = [.error, .timeout], tries: Int = 3, timeout: Duration = .zero) {
        self.conditions = conditions
        self.tries = tries
        self.timeout = timeout
    }
}
