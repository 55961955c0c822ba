/// Which answers of a route are kept to answer other requests with (RFC 9111), under which key, and how long.
///
/// Requests by GET and HEAD without a body alone are answered from the cache; what is kept are whole responses.
public struct ResponseCache: Sendable, Hashable {
    /// The name of the zone that holds the responses; one of `Settings.responseCacheZones`.
    public var zone: String
    /// Template of what tells responses apart, within the route's object, host and upstream.
    public var key: String
    /// How long responses are kept that don't say it themselves; the first that fits holds.
    public var validities: [Validity]
    /// Templates; where one isn't empty or `0` the request isn't answered from the cache.
    public var bypass: [String]
    /// Templates; where one isn't empty or `0` the response isn't kept.
    public var noStore: [String]
    /// Requests for a response after which it is kept.
    public var minimumUses: Int
    /// The failures in whose place a response that is no longer fresh answers.
    public var staleConditions: Retry.Conditions
    /// A response that is no longer fresh answers while another request asks for it anew.
    public var answersWhileUpdating: Bool
    /// A response that is no longer fresh and may answer does so, and is asked for anew meanwhile.
    public var updatesInBackground: Bool
    /// Upstreams are asked whether a response that is no longer fresh still holds.
    public var revalidates: Bool
    /// Of requests that miss together one is sent, and the others wait for what comes of it.
    public var lock: Lock?
    /// Fields of responses that have no say.
    public var ignoredFields: IgnoredFields
    /// A HEAD that misses is sent as a GET, whose response is kept.
    public var convertsHead: Bool

    public init(zone: String) {
        self.zone = zone
        key = Self.standardKey
        validities = []
        bypass = []
        noStore = []
        minimumUses = 1
        staleConditions = []
        answersWhileUpdating = false
        updatesInBackground = false
        revalidates = false
        lock = nil
        ignoredFields = []
        convertsHead = true
    }

    /// nginx's `proxy_cache_key`.
    public static let standardKey = "$scheme$proxy_host$request_uri"

    /// How long responses with some statuses are kept.
    public struct Validity: Sendable, Hashable {
        /// Nil for every status.
        public var statuses: [Int]?
        /// Zero keeps none.
        public var seconds: Int

        public init(statuses: [Int]?, seconds: Int) {
            self.statuses = statuses
            self.seconds = seconds
        }
    }

    /// How requests wait for each other.
    public struct Lock: Sendable, Hashable {
        /// A request waits so long for another, then goes to the upstream and its response isn't kept.
        public var timeout: Duration = .seconds(5)
        /// After so long one request more is sent.
        public var age: Duration = .seconds(5)

        public init() {}
    }

    /// Fields of responses about caching.
    public struct IgnoredFields: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let accelExpires = IgnoredFields(rawValue: 1)
        public static let cacheControl = IgnoredFields(rawValue: 2)
        public static let expires = IgnoredFields(rawValue: 4)
        public static let setCookie = IgnoredFields(rawValue: 8)
        public static let vary = IgnoredFields(rawValue: 16)

        /// Each field and its name.
        public static let names: [(name: String, field: IgnoredFields)] = [
            ("X-Accel-Expires", .accelExpires), ("Cache-Control", .cacheControl), ("Expires", .expires),
            ("Set-Cookie", .setCookie), ("Vary", .vary),
        ]
    }
}

/// Memory in which responses of routes are kept, shared out evenly among the workers.
public struct ResponseCacheZone: Sendable, Hashable {
    public var name: String
    /// Bytes of all responses together, of all workers.
    public var bytes: Int
    /// Responses of all workers.
    public var entries: Int
    /// What nobody has asked for so long is forgotten, fresh or not.
    public var inactive: Duration

    public init(name: String, bytes: Int = standardBytes, entries: Int, inactive: Duration = .seconds(600)) {
        self.name = name
        self.bytes = bytes
        self.entries = entries
        self.inactive = inactive
    }

    /// Bytes where the configuration says nothing of them.
    public static let standardBytes = 64 << 20
    /// A zone's share of memory is never larger.
    public static let ceilingBytes = 1 << 30
    /// Zones that there may be.
    public static let countLimit = 16
    /// Responses that a zone may hold.
    public static let ceilingEntries = 1 << 20
    /// What a response counts beside its own bytes.
    public static let entryBytes = 512
    /// No response is larger, whatever the zone.
    public static let largestResponseBytes = 8 << 20
}
