import TestSupport

/// Sends a body as far as the windows allow.
final class WindowedUpload {
    private let client: HTTP2Peer
    private let stream: UInt32
    private var sent = 0
    private var seen = 0
    private var streamWindow = 65_535
    private var connectionWindow = 65_535

    init(_ client: HTTP2Peer, _ stream: UInt32) {
        self.client = client
        self.stream = stream
    }

    /// Sends until the windows are used up and a ping's answer shows that none was opened meanwhile.
    func send(upTo size: Int, until isStalled: (Int) -> Bool) throws -> Int {
        while sent < size {
            try sendAllowed(size)
            try client.send(.ping([UInt8](repeating: 1, count: 8)))
            while let frame = try client.frame(), frame.kind != HTTP2Frame.Kind.ping {}
            takeUpdates()
            if isStalled(min(streamWindow, connectionWindow)) { return sent }
        }
        return sent
    }

    func sendRest(_ size: Int) throws {
        while sent < size {
            takeUpdates()
            if min(streamWindow, connectionWindow) == 0 {
                _ = try client.frame(HTTP2Frame.Kind.windowUpdate)
                continue
            }
            try sendAllowed(size)
        }
    }

    private func sendAllowed(_ size: Int) throws {
        while sent < size {
            let count = min(16_384, size - sent, streamWindow, connectionWindow)
            guard count > 0 else { return }
            try client.send(.data(stream, BodyPattern.bytes(at: sent, count: count), endStream: sent + count == size))
            sent += count
            streamWindow -= count
            connectionWindow -= count
        }
    }

    private func takeUpdates() {
        for frame in client.frames[seen...] where frame.kind == HTTP2Frame.Kind.windowUpdate {
            let increment = Int(HTTP2Frame.word(frame.payload))
            if frame.stream == 0 { connectionWindow += increment } else { streamWindow += increment }
        }
        seen = client.frames.count
    }
}
