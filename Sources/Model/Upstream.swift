/// The stable name of an upstream: `<namespace>-<service>-<port>`, as ingress-nginx writes it in logs.
public struct UpstreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static func < (left: UpstreamID, right: UpstreamID) -> Bool { left.name < right.name }
    public var description: String { name }
}

/// A set of endpoints that serve the same thing, and how one is chosen.
public struct Upstream: Sendable, Equatable {
    public var id: UpstreamID
    /// In a stable order, without duplicates. Empty: requests are answered 503.
    public var endpoints: [Endpoint]
    public var loadBalancing: LoadBalancing
    /// Goes before `loadBalancing`.
    public var hashing: KeyHashing?
    /// Goes before `hashing` and `loadBalancing`.
    public var affinity: Affinity?
    /// Another upstream that gets a part of this one's requests.
    public var split: TrafficSplit?
    /// Whether the endpoints are the built-in echo origin, which is told what was chosen in `X-Gatehouse-` fields.
    public var isDemonstration: Bool
    /// What the endpoints say they speak; a route's policy may say otherwise.
    public var speaks: BackendProtocol?
    /// The object that names the upstream.
    public var origin: Origin

    public init(
        id: UpstreamID, endpoints: [Endpoint] = [], loadBalancing: LoadBalancing = .roundRobin,
        hashing: KeyHashing? = nil, affinity: Affinity? = nil, split: TrafficSplit? = nil,
        isDemonstration: Bool = false, speaks: BackendProtocol? = nil, origin: Origin
    ) {
        self.id = id
        self.endpoints = endpoints
        self.loadBalancing = loadBalancing
        self.hashing = hashing
        self.affinity = affinity
        self.split = split
        self.isDemonstration = isDemonstration
        self.speaks = speaks
        self.origin = origin
    }
}

/// One address that serves an upstream. Its identity, for state that outlives a reload, is address and port.
public struct Endpoint: Sendable, Hashable {
    /// A literal IPv4 or IPv6 address, without brackets.
    public var address: String
    public var port: UInt16
    /// Share relative to the other endpoints; at least 1.
    public var weight: Int

    public init(address: String, port: UInt16, weight: Int = 1) {
        self.address = address
        self.port = port
        self.weight = weight
    }
}

extension Endpoint: CustomStringConvertible {
    public var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
