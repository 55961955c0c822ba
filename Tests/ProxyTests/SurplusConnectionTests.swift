import Model
import TestSupport
import Testing

/// More connections than a worker keeps idle have served requests at the same time.
@Suite struct `Connections beyond the limit of idle ones` {
    private let origin: ScriptedOrigin

    init() throws {
        origin = try ScriptedOrigin { connection in
            while try connection.request() != nil { try connection.respond("ok") }
        }
    }

    private func rig(surplusTime: Duration) throws -> ProxyRig {
        try ProxyRig(
            Given.model(
                origin,
                settings: Given.settings {
                    $0.upstream.idleConnections = 1
                    $0.upstream.surplusTime = surplusTime
                }))
    }

    /// Has a request of each client under way before the first of them is answered.
    private func serveTogether(_ clients: [Client], finished: Int) throws {
        for client in clients { try client.send(Client.head(method: "POST", ["Content-Length: 2"]) + "a") }
        try eventually("all requests to be on their way") {
            origin.received.reduce(0) { $0 + $1.split(separator: "POST ").count } == finished + clients.count
        }
        for client in clients { try client.send("b") }
        for client in clients { #expect(try client.response().text == "ok") }
    }

    @Test func `serve the next requests of a load that needs as many`() throws {
        let rig = try rig(surplusTime: .seconds(40))
        let clients = try (0..<3).map { _ in try rig.client() }
        for round in 0..<3 { try serveTogether(clients, finished: round * clients.count) }
        #expect(origin.connectionCount == clients.count)
        #expect(rig.metric("gatehouse_limits_hit_total", "\"idle_upstream_connections\"") == 0)
    }

    @Test func `close when nobody has needed them for a while`() throws {
        let rig = try rig(surplusTime: .milliseconds(50))
        let clients = try (0..<3).map { _ in try rig.client() }
        try serveTogether(clients, finished: 0)
        try origin.waitForFinished(2)
        try eventually("both to be counted") {
            rig.metric("gatehouse_limits_hit_total", "\"idle_upstream_connections\"") == 2
        }
        #expect(try clients[0].request().text == "ok")
        #expect(origin.connectionCount == clients.count)
    }
}
