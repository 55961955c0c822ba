import Linux
import Model
import Proxy
import TestSupport
import Testing

@Suite struct `Requests that wait for their turn` {
    /// One connection carries more of them than may wait; the first of all goes on at once.
    @Test func `are no more than a worker may hold connections, and leave room behind`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let model = Given.model(origin) {
            $0.zoneLimits = ZoneLimits(
                rates: [.init(.init("slow", key: "all"), requests: 1, period: .seconds(3600), burst: 1000)],
                rateStatus: 429)
        }
        let rig = try ProxyRig(model, connectionsPerWorker: 8, http2: true)
        let first = try rig.http2()
        let streams = try (0..<12).map { _ in try first.request() }
        let status = try first.message(streams[0]).status
        #expect(status == 200)
        for stream in streams[9...] { #expect(try first.message(stream).status == 429) }
        first.wire.close()
        try eventually("the client's going to be noticed") { OpenSockets.accepted(on: rig.port) == 0 }
        let second = try rig.http2()
        let more = try (0..<9).map { _ in try second.request() }
        #expect(try second.message(more[8]).status == 429)
        #expect(rig.metric("gatehouse_limits_hit_total", "client_requests") == 4)
    }
}
