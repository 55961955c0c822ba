import Bytes
import HTTP
import Linux
import TLS

/// A responder, as certificates name it: `http://ocsp.example/x`. Asked in the clear, since its answers are signed.
struct OCSPResponder: Hashable {
    let host: String
    let port: UInt16
    let target: String

    /// Why there was no answer, in words.
    struct Fault: Error {
        let reason: String
    }

    /// How long one exchange may take once the name is resolved.
    private static let timeoutNanoseconds: UInt64 = 10_000_000_000
    /// Head and body of an answer.
    private static let limit = OCSPQuery.largestResponse + (16 << 10)

    /// Nil for what is no such URL.
    init?(_ url: String) {
        let start = "http://"
        guard url.lowercased().hasPrefix(start), url.utf8.count < 2048,
            url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else { return nil }
        let rest = url.dropFirst(start.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        target = slash == rest.endIndex ? "/" : String(rest[slash...])
        let authority = rest[..<slash]
        guard !authority.contains("@") else { return nil }
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":"), let port = Self.port(after.dropFirst()) else { return nil }
            self.port = port
        } else {
            let colon = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<colon])
            guard let port = Self.port(authority[colon...].dropFirst()) else { return nil }
            self.port = port
        }
        guard !host.isEmpty else { return nil }
    }

    private static func port(_ text: Substring) -> UInt16? {
        if text.isEmpty { return 80 }
        return UInt16(text).flatMap { $0 == 0 ? nil : $0 }
    }

    // MARK: Asking

    /// Sends a question and waits for the answer. Blocks: at most some seconds, and for as long as the resolver takes.
    func ask(_ request: [UInt8]) throws(Fault) -> [UInt8] {
        let addresses: [IPAddress]
        do throws(NameLookup.Failure) {
            if let literal = IPAddress(host) {
                addresses = [literal]
            } else {
                addresses = try NameLookup.addresses(of: host)
            }
        } catch { throw Fault(reason: "\(host): \(error)") }
        var fault = Fault(reason: "\(host): no address")
        for address in addresses.prefix(3) {
            let socketAddress = SocketAddress(address, port: port)
            var answer = ByteBuffer(capacity: Self.limit)
            if let error = exchange(request, with: socketAddress, into: &answer) {
                fault = Fault(reason: "\(socketAddress): \(error)")
            } else {
                return try Self.body(of: answer)
            }
        }
        throw fault
    }

    /// One question over a connection of its own.
    ///
    /// - Parameter answer: everything that came back, at most its capacity.
    /// - Returns: what went wrong; nil for nothing.
    private func exchange(_ request: [UInt8], with address: SocketAddress, into answer: inout ByteBuffer) -> Errno? {
        let deadline = Instant.now().advanced(byNanoseconds: Self.timeoutNanoseconds)
        do throws(Errno) {
            let begun = try Socket.connect(to: address)
            var epoll = try Epoll(capacity: 1)
            try epoll.add(begun.socket, tag: 0)
            if begun.progress == .pending {
                try Self.wait(&epoll, until: deadline)
                if let error = Socket.connectionError(of: begun.socket) { return error }
            }
            let text = message(request)
            var sent = 0
            while sent < text.count {
                switch begun.socket.write(text.span.extracting(sent...)) {
                case .bytes(let count): sent += count
                case .wouldBlock: try Self.wait(&epoll, until: deadline)
                case .closed: return .brokenPipe
                case .failed(let error): return error
                }
            }
            while answer.room > 0 {
                switch begun.socket.read(into: &answer) {
                case .bytes: continue
                case .wouldBlock: try Self.wait(&epoll, until: deadline)
                case .closed: return nil
                case .failed(let error): return error
                }
            }
            return nil
        } catch { return error }
    }

    private static func wait(_ epoll: inout Epoll, until deadline: Instant) throws(Errno) {
        let left = deadline.nanoseconds(since: .now()) / 1_000_000
        guard left > 0, try epoll.wait(milliseconds: Int32(clamping: left)) > 0 else { throw .timedOut }
    }

    /// HTTP/1.0, so that the end of the connection is the end of the answer (RFC 6960, appendix A).
    private func message(_ request: [UInt8]) -> [UInt8] {
        let authority = (host.contains(":") ? "[\(host)]" : host) + (port == 80 ? "" : ":\(port)")
        let head = """
            POST \(target) HTTP/1.0\r
            Host: \(authority)\r
            Content-Type: application/ocsp-request\r
            Content-Length: \(request.count)\r
            Connection: close\r
            \r

            """
        return Array(head.utf8) + request
    }

    private static func body(of answer: borrowing ByteBuffer) throws(Fault) -> [UInt8] {
        var parser = ResponseHeadParser()
        var head = ResponseHead()
        var framing = BodyFraming.none
        var length = 0
        do throws(HTTP1Error) {
            length = try parser.parse(answer.readable, into: &head) ?? 0
            framing = try BodyFraming.response(head, to: .post)
        } catch { throw Fault(reason: "the answer is no good HTTP") }
        guard length > 0 else { throw Fault(reason: "the answer was cut off") }
        guard head.status == .ok else { throw Fault(reason: "answered \(head.status.rawValue)") }
        let rest = answer.readable.extracting(length...)
        switch framing {
        case .length(let count) where count <= rest.count:
            return (0..<count).map { rest[$0] }
        case .untilClose where answer.room > 0: return (0..<rest.count).map { rest[$0] }
        default: throw Fault(reason: "the answer was cut off or is too large")
        }
    }
}
