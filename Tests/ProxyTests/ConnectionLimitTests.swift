import Linux
import Model
import Proxy
import Telemetry
import TestSupport
import Testing

@Suite struct `A worker with too many connections` {
    @Test func `lets new ones wait, and closes idle ones to make room`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin), connectionsPerWorker: 20)
        var clients: [Client] = []
        for _ in 0..<60 {
            let client = try rig.client()
            #expect(try client.request().text == "ok")
            clients.append(client)
        }
        #expect(OpenSockets.accepted(on: rig.port) <= 20)
    }

    @Test func `lets nobody in while all are busy, and goes on by itself`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try gate.wait()
                try connection.respond("ok")
            }
        }
        let rig = try ProxyRig(Given.model(origin), connectionsPerWorker: 8)
        let clients = try (0..<12).map { _ in try rig.client() }
        for client in clients { try client.send(Client.head()) }
        // Each holds a connection of its own and one to the endpoint.
        try origin.waitForRequests(4)
        try eventually("the limit to be counted") { rig.metric("gatehouse_limits_hit_total", "\"connections\"") > 0 }
        gate.open()
        for client in clients {
            #expect(try client.response().text == "ok")
            client.wire.close()
        }
    }
}

@Suite struct `Listeners` {
    @Test func `on several addresses and workers serve alike`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(request["X-Forwarded-Port"] ?? "")
            }
        }
        let metrics = Metrics(identity: MetricIdentity(release: "test"), workers: 3)
        let address = SocketAddress(.loopbackV4, port: 0)
        let plane = try DataPlane(
            DataPlane.Configuration(
                listeners: [ListenerAddress(address: address), ListenerAddress(address: address)], workers: 3,
                connectionsPerWorker: 1000), metrics: metrics)
        defer { plane.drain(grace: .zero) }
        plane.apply(Given.model(origin))
        #expect(plane.addresses.count == 2 && plane.addresses[0] != plane.addresses[1])
        for port in plane.addresses.map(\.port) {
            for _ in 0..<20 { #expect(try Client(toPort: port).request().text == "\(port)") }
        }
    }

    @Test func `on a port that is taken fail to start, and leave nothing behind`() throws {
        let taken = try RefusingPort()
        let metrics = Metrics(identity: MetricIdentity(release: "test"), workers: 1)
        #expect(throws: Errno.addressInUse) {
            try DataPlane(
                DataPlane.Configuration(
                    listeners: [ListenerAddress(address: SocketAddress(.loopbackV4, port: taken.port))], workers: 1,
                    connectionsPerWorker: 10), metrics: metrics)
        }
    }
}
