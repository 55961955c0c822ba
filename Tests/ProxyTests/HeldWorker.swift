import Model
import Proxy
import TestSupport

/// Stops a rig's only worker for a while, so that what happens meanwhile meets it all at once.
///
/// It is held where it reports that an endpoint can't be reached, which is what a request for `path` meets at once, in the
/// turn in which it has come.
final class HeldWorker {
    static let path = "/held"

    let rig: ProxyRig
    private let isHeld: Gate
    private let mayGoOn: Gate
    private var client: Client?

    /// - Parameters:
    ///   - model: gets one more route.
    ///   - http2: clients may speak HTTP/2.
    init(_ model: ProxyModel, http2: Bool = false) throws {
        let isHeld = Gate()
        let mayGoOn = Gate()
        // The kernel connects nobody to a broadcast address, and says so without waiting.
        let nowhere = Endpoint(address: "255.255.255.255", port: 80, weight: 1)
        var model = model
        let id = UpstreamID("shop-unreachable-80")
        model.virtualHosts[0].routes.insert(
            Given.route(.exact(Self.path), .forward(id)) { $0.retry.conditions = [] }, at: 0)
        model.upstreams.append(
            Upstream(id: id, endpoints: [nowhere], loadBalancing: .roundRobin, origin: .builtIn))
        model.upstreams.sort { $0.id < $1.id }
        let hold: @Sendable (UpstreamFault) -> Void = { _ in
            isHeld.open()
            try? mayGoOn.wait()
        }
        rig = try ProxyRig(model, reportFault: hold, http2: http2)
        self.isHeld = isHeld
        self.mayGoOn = mayGoOn
    }

    deinit { mayGoOn.open() }

    /// Returns when the worker stands still.
    func hold() throws {
        let client = try rig.client()
        try client.send(Client.head(Self.path))
        try waitUntilHeld()
        self.client = client
    }

    /// Returns when a request that the test has sent itself holds the worker.
    func waitUntilHeld() throws { try isHeld.wait() }

    func letGo() { mayGoOn.open() }
}
