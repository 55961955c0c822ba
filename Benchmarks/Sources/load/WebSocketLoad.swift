import Wire

/// WebSocket messages through the proxy to an echoing origin, one in flight on each connection.
final class WebSocketLoad {
    private let port: UInt16
    private let connectionCount: Int
    private let duration: Double
    private let handshake: [UInt8]
    private let message: [UInt8]
    /// Bytes of the echo: the message without its mask.
    private let echoLength: Int

    private let poller = Poller()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 64)
    private var states: [Int32: State] = [:]
    private var tally = Tally()
    private var deadline: UInt64 = 0

    private enum State {
        case connecting
        case upgrading
        case awaitingEcho(left: Int, since: UInt64)
    }

    init(_ options: Options) {
        port = options.number("port")
        connectionCount = options.number("connections", default: 64)
        duration = options.number("seconds", default: 3.0)
        let size: Int = options.number("size", default: 128)
        let host = options.string("host") ?? "bench.example"
        handshake = [UInt8](
            """
            GET /websocket HTTP/1.1\r
            Host: \(host)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r\n
            """.utf8)
        let length: [UInt8] = size < 126 ? [0x80 | UInt8(size)] : [0x80 | 126, UInt8(size >> 8), UInt8(size & 0xff)]
        message = [0x82] + length + [0, 0, 0, 0] + [UInt8](repeating: UInt8(ascii: "m"), count: size)
        echoLength = message.count - 4
    }

    func run() {
        let start = monotonicNanoseconds()
        deadline = start + UInt64(duration * 1_000_000_000)
        for _ in 0..<connectionCount {
            let descriptor = Socket.connect(port: port)
            states[descriptor] = .connecting
            poller.watch(descriptor)
        }
        while monotonicNanoseconds() < deadline + 1_000_000_000, !states.isEmpty {
            poller.wait(milliseconds: 100) { event in
                if event.isWritable, case .connecting = states[event.descriptor] {
                    states[event.descriptor] = .upgrading
                    send(handshake, to: event.descriptor)
                }
                if event.isReadable { receive(event.descriptor) }
            }
        }
        tally.failed += states.count
        print(tally.json(seconds: Double(monotonicNanoseconds() - start) / 1e9))
    }

    private func receive(_ descriptor: Int32) {
        guard let state = states[descriptor] else { return }
        guard case .bytes(let count) = Socket.read(descriptor, into: scratch) else { return }
        switch state {
        case .connecting:
            break
        case .upgrading:
            let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<count])
            guard let head = Head(bytes), head.isUpgrade else {
                tally.failed += 1
                return leave(descriptor)
            }
            next(descriptor)
        case .awaitingEcho(let left, let since):
            tally.bytes += count
            guard count >= left else {
                states[descriptor] = .awaitingEcho(left: left - count, since: since)
                return
            }
            tally.completed += 1
            tally.latencies.record(nanoseconds: monotonicNanoseconds() - since)
            next(descriptor)
        }
    }

    private func next(_ descriptor: Int32) {
        let now = monotonicNanoseconds()
        guard now < deadline else { return leave(descriptor) }
        states[descriptor] = .awaitingEcho(left: echoLength, since: now)
        send(message, to: descriptor)
    }

    private func leave(_ descriptor: Int32) {
        states[descriptor] = nil
        Socket.close(descriptor)
    }

    private func send(_ bytes: [UInt8], to descriptor: Int32) {
        guard case .bytes(bytes.count) = bytes.withUnsafeBytes({ Socket.write(descriptor, $0) }) else {
            fail("a message of \(bytes.count) bytes did not fit the socket's buffer")
        }
    }
}
