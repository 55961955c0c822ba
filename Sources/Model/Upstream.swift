/// The stable name of an upstream: `<namespace>-<service>-<port>`, as ingress-nginx writes it in logs.
public struct UpstreamID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static func < (left: UpstreamID, right: UpstreamID) -> Bool { left.name < right.name }
    public var description: String { name }
}

/// A set of endpoints that serve the same thing, and how one is chosen.
///
/// Copies share what they hold (`Boxed`): lists of upstreams are copied and compared at every reload.
public struct Upstream: Sendable, Equatable, ModelPart {
    private struct Parts: Sendable, Equatable {
        var id: UpstreamID
        var endpoints: [Endpoint]
        var loadBalancing: LoadBalancing
        var hashing: KeyHashing?
        var affinity: Affinity?
        var split: TrafficSplit?
        var isDemonstration: Bool
        var speaks: BackendProtocol?
        var origin: Origin
    }

    @Boxed private var parts: Parts

    public init(
        id: UpstreamID, endpoints: [Endpoint] = [], loadBalancing: LoadBalancing = .roundRobin,
        hashing: KeyHashing? = nil, affinity: Affinity? = nil, split: TrafficSplit? = nil,
        isDemonstration: Bool = false, speaks: BackendProtocol? = nil, origin: Origin
    ) {
        parts = Parts(
            id: id, endpoints: endpoints, loadBalancing: loadBalancing, hashing: hashing, affinity: affinity,
            split: split, isDemonstration: isDemonstration, speaks: speaks, origin: origin)
    }

    public func isCopy(of other: Upstream) -> Bool { _parts.isCopy(of: other._parts) }

    public var id: UpstreamID {
        get { parts.id }
        set { parts.id = newValue }
    }

    /// In a stable order, without duplicates. Empty: requests are answered 503.
    public var endpoints: [Endpoint] {
        get { parts.endpoints }
        set { parts.endpoints = newValue }
    }

    public var loadBalancing: LoadBalancing {
        get { parts.loadBalancing }
        set { parts.loadBalancing = newValue }
    }

    /// Goes before `loadBalancing`.
    public var hashing: KeyHashing? {
        get { parts.hashing }
        set { parts.hashing = newValue }
    }

    /// Goes before `hashing` and `loadBalancing`.
    public var affinity: Affinity? {
        get { parts.affinity }
        set { parts.affinity = newValue }
    }

    /// Another upstream that gets a part of this one's requests.
    public var split: TrafficSplit? {
        get { parts.split }
        set { parts.split = newValue }
    }

    /// Whether the endpoints are the built-in echo origin, which is told what was chosen in `X-Gatehouse-` fields.
    public var isDemonstration: Bool {
        get { parts.isDemonstration }
        set { parts.isDemonstration = newValue }
    }

    /// What the endpoints say they speak; a route's policy may say otherwise.
    public var speaks: BackendProtocol? {
        get { parts.speaks }
        set { parts.speaks = newValue }
    }

    /// The object that names the upstream.
    public var origin: Origin {
        get { parts.origin }
        set { parts.origin = newValue }
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
