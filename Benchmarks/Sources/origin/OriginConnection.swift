import Wire

/// One connection to the origin: heads in, ready-made answers out.
final class OriginConnection {
    private let descriptor: Int32
    private(set) var isClosed = false

    /// Bytes of a head or frame that has not all arrived.
    private var carry: [UInt8] = []
    /// Bytes of the request's body still to be thrown away.
    private var bodyLeft = 0
    private var isWebSocket = false
    private var output: [UInt8] = []
    private var outputStart = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    func readAll(_ scratch: UnsafeMutableRawBufferPointer) {
        while !isClosed {
            switch Socket.read(descriptor, into: scratch) {
            case .later:
                return
            case .closed:
                isClosed = true
            case .bytes(let count):
                take(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                if count < scratch.count { return }
            }
        }
    }

    func flush() {
        while outputStart < output.count {
            let outcome = output.withUnsafeBytes {
                Socket.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[outputStart...]))
            }
            switch outcome {
            case .later:
                return
            case .closed:
                isClosed = true
                return
            case .bytes(let count):
                outputStart += count
            }
        }
        output.removeAll(keepingCapacity: true)
        outputStart = 0
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if carry.isEmpty {
            carry.append(contentsOf: bytes[consume(bytes)...])
        } else {
            var whole = carry
            whole.append(contentsOf: bytes)
            carry = whole.withUnsafeBytes { Array($0[consume($0)...]) }
        }
        flush()
    }

    /// Handles what is complete in `bytes`; returns how much that was.
    private func consume(_ bytes: UnsafeRawBufferPointer) -> Int {
        var start = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            if isWebSocket {
                guard let length = echoFrame(rest) else { break }
                start += length
            } else if bodyLeft > 0 {
                let count = min(bodyLeft, rest.count)
                bodyLeft -= count
                start += count
                if bodyLeft == 0 { send(Answers.small) }
            } else {
                guard let head = Head(rest) else { break }
                start += head.length
                begin(head, UnsafeRawBufferPointer(rebasing: rest[..<head.length]))
            }
        }
        return start
    }

    private func begin(_ head: Head, _ bytes: UnsafeRawBufferPointer) {
        if head.isUpgrade {
            isWebSocket = true
            send(Answers.upgrade)
        } else if head.contentLength > 0 {
            bodyLeft = head.contentLength
        } else if bytes.count > 13, bytes[..<13].elementsEqual("GET /download".utf8) {
            send(Answers.large)
        } else if bytes.count > 12, bytes[..<12].elementsEqual("GET /chunked".utf8) {
            send(Answers.chunked)
        } else {
            send(Answers.small)
        }
    }

    /// Appends to what is being sent, or sends at once where nothing waits and the kernel takes it all.
    private func send(_ answer: [UInt8]) {
        var sent = 0
        if output.isEmpty, case .bytes(let count) = answer.withUnsafeBytes({ Socket.write(descriptor, $0) }) {
            sent = count
        }
        if sent < answer.count { output.append(contentsOf: answer[sent...]) }
    }

    /// Sends a client's frame back unmasked [RFC 6455 §5]; nil when it has not all arrived.
    private func echoFrame(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let isLong = bytes[1] & 0x7f == 126
        let size = isLong ? Int(bytes[2]) << 8 | Int(bytes[3]) : Int(bytes[1] & 0x7f)
        let mask = isLong ? 4 : 2
        let payload = mask + 4
        guard bytes.count >= payload + size else { return nil }
        var frame: [UInt8] = isLong ? [bytes[0], 126, bytes[2], bytes[3]] : [bytes[0], UInt8(size)]
        frame.reserveCapacity(payload + size)
        for index in 0..<size { frame.append(bytes[payload + index] ^ bytes[mask + index & 3]) }
        send(frame)
        return payload + size
    }
}

/// The origin's answers, encoded once.
private enum Answers {
    static let small = answer(bytes: 128)
    static let large = answer(bytes: 1 << 20)
    static let chunked = [UInt8](
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/plain\r
        Transfer-Encoding: chunked\r
        \r
        40\r
        \(String(repeating: "x", count: 64))\r
        40\r
        \(String(repeating: "y", count: 64))\r
        0\r
        \r\n
        """.utf8)
    /// Accepts the one key that the load generator sends, the example of RFC 6455 §1.3; HAProxy checks it.
    static let upgrade = [UInt8](
        """
        HTTP/1.1 101 Switching Protocols\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
        \r\n
        """.utf8)

    private static func answer(bytes count: Int) -> [UInt8] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(count)\r\n\r\n"
        return [UInt8](head.utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: count)
    }
}
