/// Asks another service whether a request may pass (`auth-url` and its kin in ingress-nginx).
///
/// An answer of 2xx lets the request pass, 401 and 403 are handed on, and everything else, silence included,
/// is answered 500: nobody comes in because a service is out of order. Text fields may hold variables.
public struct ExternalAuth: Sendable, Hashable {
    public var destination: Destination
    /// The method of the question (`auth-method`).
    public var method: String
    /// `X-Original-URI` and `X-Scheme` are told too, as ingress-nginx does where a method is configured.
    public var tellsOriginalTarget: Bool
    /// Where a client goes whom the service answered 401 (`auth-signin`).
    public var signIn: SignIn?
    /// Fields of the answer that the upstream gets in place of the client's (`auth-response-headers`); one that
    /// the answer lacks is taken away.
    public var responseFields: [String]
    /// The value of `X-Auth-Request-Redirect` (`auth-request-redirect`); nil is the request-target.
    public var redirect: String?
    /// Fields of the question, replacing those of the client (`auth-proxy-set-headers`, `auth-snippet`). An empty
    /// value takes a field away.
    public var fields: [HeaderEdits.Field]
    /// Cookies of the answer reach the client whatever the status of the response (`auth-always-set-cookie`).
    public var alwaysSetsCookies: Bool
    public var cache: Cache?
    public var connections: Connections?

    public init(destination: Destination, method: String = "GET", tellsOriginalTarget: Bool = false) {
        self.destination = destination
        self.method = method
        self.tellsOriginalTarget = tellsOriginalTarget
        signIn = nil
        responseFields = []
        redirect = nil
        fields = []
        alwaysSetsCookies = false
        cache = nil
        connections = nil
    }

    /// Answers 401 of the service by a redirect (302) to where clients sign in.
    public struct SignIn: Sendable, Hashable {
        /// A URL or an absolute path.
        public var url: String

        /// - Parameter url: complete, with the parameter that says where to return to.
        public init(url: String) { self.url = url }
    }

    /// Keeps answers, so that the service is asked once for many requests (`auth-cache-key`).
    public struct Cache: Sendable, Hashable {
        /// Tells requests apart within a host and path.
        public var key: String
        /// The first that holds for an answer's status counts; without one it is not kept.
        public var durations: [Validity]

        public init(key: String, durations: [Validity]) {
            self.key = key
            self.durations = durations
        }
    }

    /// How long answers with some statuses are kept.
    public struct Validity: Sendable, Hashable {
        public var statuses: [Int]
        public var duration: Duration

        public init(statuses: [Int], duration: Duration) {
            self.statuses = statuses
            self.duration = duration
        }
    }

    /// How connections to the service are kept, where it isn't as for all upstreams (`auth-keepalive` and its kin).
    public struct Connections: Sendable, Hashable {
        /// Idle connections to an endpoint that a worker keeps at most.
        public var idle: Int
        /// Questions after which a connection is closed.
        public var requests: Int
        /// How long an idle connection is kept.
        public var timeout: Duration

        public init(idle: Int, requests: Int, timeout: Duration) {
            self.idle = idle
            self.requests = requests
            self.timeout = timeout
        }
    }
}

extension ExternalAuth: CustomStringConvertible {
    /// One line for people. The values of fields may be secrets and are left out.
    public var description: String {
        var text = "\(method) \(destination)"
        if let signIn { text += ", sign in at \(signIn.url)" }
        if !responseFields.isEmpty { text += ", passes \(responseFields.joined(separator: ", ")) on" }
        if let redirect { text += ", redirect \(redirect)" }
        if !fields.isEmpty { text += ", sets \(fields.map(\.name).joined(separator: ", "))" }
        if alwaysSetsCookies { text += ", always sets cookies" }
        if let cache {
            let times = cache.durations.map { validity in
                "\(validity.statuses.map(String.init).joined(separator: " ")) for \(validity.duration.secondsText)"
            }
            text += ", kept by \(cache.key): \(times.joined(separator: ", "))"
        }
        if let connections {
            text +=
                ", keeps \(connections.idle) connections for \(connections.timeout.secondsText)"
                + " and \(connections.requests) requests"
        }
        return text
    }
}
