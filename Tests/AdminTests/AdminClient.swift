import Admin
import Bytes
import Foundation
import Linux
import Telemetry
import Testing

/// A running admin server with what it shows.
final class AdminRig {
    let metrics: Metrics
    let health: Health
    let server: AdminServer

    init(workers: Int = 1, limits: AdminLimits = AdminLimits()) throws {
        metrics = Metrics(identity: MetricIdentity(release: "1.2.3"), workers: workers)
        health = Health(metrics.shards)
        server = try AdminServer(
            on: SocketAddress(.loopbackV4, port: 0), source: AdminSource(health: health, metrics: metrics),
            limits: limits)
    }

    deinit { server.stop() }

    /// Every worker's loop has just come round.
    func beat() { for shard in metrics.shards { shard.beat(.now()) } }

    /// The answer to a GET, whole.
    func get(_ target: String, version: String = "1.1") throws -> Answer {
        let client = try AdminClient(server)
        client.send("GET \(target) HTTP/\(version)\r\nHost: localhost\r\n\r\n")
        return try #require(Answer(client.readToEnd()))
    }
}

/// A client that sends raw bytes and waits for what comes.
struct AdminClient: ~Copyable {
    private let socket: Descriptor

    init(_ server: AdminServer) throws {
        let begun = try Socket.connect(to: server.address)
        socket = begun.socket
        socket.waitUntilWritable(milliseconds: 5000)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            switch socket.write(bytes.span.extracting(droppingFirst: sent)) {
            case .bytes(let count): sent += count
            case .wouldBlock: socket.waitUntilWritable(milliseconds: 5000)
            case .closed, .failed: return
            }
        }
    }

    /// Waits until the server has begun to answer.
    func waitForBytes() { socket.waitUntilReadable(milliseconds: 5000) }

    /// Everything until the server closes; what has come when it resets.
    func readToEnd() -> String {
        var bytes: [UInt8] = []
        var buffer = ByteBuffer(capacity: 64 << 10)
        while true {
            buffer.clear()
            switch socket.read(into: &buffer) {
            case .bytes: bytes += buffer.readable.copied()
            case .wouldBlock: socket.waitUntilReadable(milliseconds: 5000)
            case .closed, .failed: return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}

/// A response taken apart.
struct Answer {
    let status: Int
    let head: String
    let body: String

    init?(_ text: String) {
        guard let end = text.range(of: "\r\n\r\n"), let code = Int(text.dropFirst(9).prefix(3)) else { return nil }
        status = code
        head = String(text[..<end.lowerBound])
        body = String(text[end.upperBound...])
    }

    /// The body without its chunks; nil when they do not fit or the last one is missing.
    var dechunked: String? {
        var rest = Substring(body).utf8
        var whole: [UInt8] = []
        while let line = rest.firstIndex(of: 0x0D) {
            guard let size = Int(String(rest[..<line]) ?? "", radix: 16) else { return nil }
            let data = rest[line...].dropFirst(2)
            guard data.count >= size + 2 else { return nil }
            if size == 0 { return data.dropFirst(2).isEmpty ? String(decoding: whole, as: UTF8.self) : nil }
            whole += data.prefix(size)
            rest = data.dropFirst(size + 2)
        }
        return nil
    }
}
