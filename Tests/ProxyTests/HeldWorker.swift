import Model
import TestSupport

/// Stops a rig's only worker for a while, so that what happens meanwhile meets it all at once.
///
/// It is held where it reports that an endpoint has refused a connection, which is what a request for `path` meets.
final class HeldWorker {
    static let path = "/held"

    let rig: ProxyRig
    private let refusing: RefusingPort
    private let isHeld: Gate
    private let mayGoOn: Gate
    private var client: Client?

    /// - Parameter model: gets one more route.
    init(_ model: ProxyModel) throws {
        let isHeld = Gate()
        let mayGoOn = Gate()
        let refusing = try RefusingPort()
        var model = model
        let id = UpstreamID("shop-refusing-80")
        model.virtualHosts[0].routes.insert(
            Given.route(.exact(Self.path), .forward(id)) { $0.retry.conditions = [] }, at: 0)
        model.upstreams.append(
            Upstream(id: id, endpoints: [Given.endpoint(refusing.port)], loadBalancing: .roundRobin, origin: .builtIn))
        model.upstreams.sort { $0.id < $1.id }
        rig = try ProxyRig(model) { _ in
            isHeld.open()
            try? mayGoOn.wait()
        }
        self.refusing = refusing
        self.isHeld = isHeld
        self.mayGoOn = mayGoOn
    }

    deinit { mayGoOn.open() }

    /// Returns when the worker stands still.
    func hold() throws {
        let client = try rig.client()
        try client.send(Client.head(Self.path))
        try isHeld.wait()
        self.client = client
    }

    func letGo() { mayGoOn.open() }
}
