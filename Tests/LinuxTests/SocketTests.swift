import Bytes
import Testing

@testable import Linux

@Suite struct `IP address` {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::1", "::1"),
        ("2001:DB8:0::1", "2001:db8::1"), ("::ffff:10.1.2.3", "10.1.2.3"),
    ])
    func `reads and writes its text form`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "[::1]", "::1%lo", " 1.2.3.4", "256.1.1.1"])
    func `is not made of anything else`(text: String) {
        #expect(IPAddress(text) == nil)
    }
}

@Suite struct `Sockets` {
    @Test func `carry bytes between a listener and a connection, and say when nothing waits`() throws {
        let listener = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let address = try Socket.localAddress(of: listener)
        let begun = try Socket.connect(to: address)
        var epoll = try Epoll()
        try epoll.addLevelTriggered(listener, tag: 7)
        let count = try epoll.wait(milliseconds: 5000)
        let tag = epoll.event(at: 0).tag
        #expect(count == 1)
        #expect(tag == 7)

        guard let accepted = try Socket.accept(from: listener) else { throw Errno.again }
        let peer = accepted.peer
        #expect(peer.address == .loopbackV4)
        var buffer = ByteBuffer(capacity: 64)
        let before = accepted.socket.read(into: &buffer)
        #expect(before == .wouldBlock)

        let written = begun.socket.write([1, 2, 3].span, [4, 5].span)
        #expect(written == .bytes(5))
        let read = accepted.socket.read(into: &buffer)
        let bytes = buffer.readable.copied()
        #expect(read == .bytes(5))
        #expect(bytes == [1, 2, 3, 4, 5])

        Socket.shutdownSending(begun.socket)
        let end = accepted.socket.read(into: &buffer)
        #expect(end == .closed)
    }

    @Test func `splice bytes through a pipe`() throws {
        let listener = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let address = try Socket.localAddress(of: listener)
        let source = try Socket.connect(to: address)
        guard let relay = try Socket.accept(from: listener) else { throw Errno.again }
        _ = source.socket.write(Array("through the kernel".utf8).span)
        var pipe = try Pipe()
        let filled = pipe.fill(from: relay.socket, limit: 1000)
        let drained = pipe.drain(to: relay.socket, moreFollows: false)
        let left = pipe.count
        #expect([filled, drained] == [.bytes(18), .bytes(18)])
        #expect(left == 0)
        var echo = ByteBuffer(capacity: 64)
        let read = source.socket.read(into: &echo)
        let text = echo.readable.text()
        #expect(read == .bytes(18))
        #expect(text == "through the kernel")
    }

    @Test func `say why a connection was refused`() throws {
        let listener = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let address = try Socket.localAddress(of: listener)
        _ = consume listener
        let begun: BegunConnection
        do {
            begun = try Socket.connect(to: address)
        } catch {
            #expect(error == .connectionRefused)
            return
        }
        var epoll = try Epoll()
        try epoll.add(begun.socket, tag: 1)
        _ = try epoll.wait(milliseconds: 5000)
        let reason = Socket.connectionError(of: begun.socket)
        #expect(reason == .connectionRefused)
    }
}

@Suite struct `Usable processors` {
    @Test(arguments: [
        ("150000 100000\n", 2), ("100000 100000\n", 1), ("10000 100000", 1), ("max 100000\n", nil), ("", nil),
    ])
    func `reads the quota of a control group`(text: String, expected: Int?) {
        #expect(Processors.allowedByQuota(text) == expected)
    }

    @Test func `finds at least one core`() { #expect(Processors.usable() >= 1) }
}

@Suite struct `Network interfaces` {
    @Test func `have the loopback address`() { #expect(Interfaces.addresses().contains(.loopbackV4)) }
}
