import Bytes
import EventLoop
import Linux
import Model

/// The built-in echo origin of `--demo-backends`: stands in for Services without endpoints and answers
/// with a readable account of what was chosen and of the request as a backend would see it.
///
/// Listens on a free port of the loopback address, on a thread of its own.
struct DemoBackend: ~Copyable {
    /// Where it listens.
    let endpoint: Endpoint
    private let thread: Linux.Thread
    private let mailbox: Mailbox<DemoListener.Message>

    init() throws(Errno) {
        let socket = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let address = try Socket.localAddress(of: socket)
        let mailbox = try Mailbox<DemoListener.Message>()
        let door = DemoListener.Door(socket)
        let thread = try Linux.Thread(name: "demo-backend") {
            // Without a loop there is nothing to serve with; the proxy answers 502 then, as for any dead backend.
            if let listener = try? DemoListener(door, mailbox) { listener.run() }
        }
        self.endpoint = Endpoint(address: "\(address.address)", port: address.port)
        self.thread = thread
        self.mailbox = mailbox
    }

    /// Closes every connection and waits for the thread to end.
    consuming func stop() {
        mailbox.send(.stop)
        thread.join()
    }
}
