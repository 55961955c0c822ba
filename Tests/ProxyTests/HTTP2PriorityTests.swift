import Model
import TestSupport
import Testing

/// Who goes first when several responses wait for the same window (RFC 9218).
@Suite struct `Priorities over HTTP/2` {
    private static let size = 10_000
    private static let priorityUpdate: UInt8 = 0x10

    /// Fills the connection's window, so that what is asked for next waits, whole, in the proxy.
    private func blocked(_ rig: ProxyRig) throws -> HTTP2Peer {
        let client = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 1 << 20)])
        client.givesWindowsBack = false
        #expect(try client.message(client.request("/window")).body.count == 65_535)
        return client
    }

    private func rig() throws -> ProxyRig {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(
                    String(repeating: "x", count: request.target == "/window" ? 65_535 : Self.size))
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        rig.companions = [origin]
        return rig
    }

    /// The streams in the order in which their content comes once the window is open, each stretch once.
    private func order(_ client: HTTP2Peer, of streams: [UInt32]) throws -> [UInt32] {
        for stream in streams { try client.message(stream) { !$0.fields.isEmpty } }
        let start = client.frames.count
        try client.send(.windowUpdate(0, 1 << 20))
        for stream in streams { #expect(try client.message(stream).body.count == Self.size) }
        var order: [UInt32] = []
        for frame in client.frames[start...] where frame.kind == HTTP2Frame.Kind.data && order.last != frame.stream {
            order.append(frame.stream)
        }
        return order
    }

    @Test func `urgency decides, not the order of the requests`() throws {
        let rig = try rig()
        let client = try blocked(rig)
        let urgencies = [7, 3, 0, 5]
        let streams = try urgencies.map { try client.request("/", [("priority", "u=\($0)")]) }
        #expect(try order(client, of: streams) == [streams[2], streams[1], streams[3], streams[0]])
    }

    @Test func `an update changes what the request said`() throws {
        let rig = try rig()
        let client = try blocked(rig)
        let streams = try (0..<3).map { _ in try client.request("/", [("priority", "u=4")]) }
        let update = HTTP2Frame.bytes(of: streams[2]) + Array("u=1".utf8)
        try client.send(HTTP2Frame(Self.priorityUpdate, update))
        // Its answer shows that the update was read.
        try client.send(.ping([UInt8](repeating: 7, count: 8)))
        _ = try client.frame(HTTP2Frame.Kind.ping)
        #expect(try order(client, of: streams) == [streams[2], streams[0], streams[1]])
    }

    @Test func `of equal urgency are served one after the other`() throws {
        let rig = try rig()
        let client = try blocked(rig)
        let whole = try (0..<2).map { _ in try client.request("/", [("priority", "u=2")]) }
        #expect(try order(client, of: whole) == whole)
    }

    @Test func `that make no sense are passed over`() throws {
        let rig = try rig()
        let client = try rig.http2()
        let stream = try client.request("/", [("priority", "u=99, ???")])
        try client.send(HTTP2Frame(Self.priorityUpdate, HTTP2Frame.bytes(of: stream) + Array("?!".utf8)))
        #expect(try client.message(stream).status == 200)
        #expect(try client.message(client.request()).status == 200)
    }
}
