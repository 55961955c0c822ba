import Wire

/// A backend that costs as little as a backend can, so that the proxy is what is measured.
///
///     origin --port 9000
///
/// Answers every request with 128 bytes, `/chunked` with as many in two chunks, `/download` with 1 MiB, takes any
/// upload, and echoes WebSocket messages.
@main
struct Origin {
    static func main() {
        let options = Options(CommandLine.arguments.dropFirst())
        let listener = Socket.listen(port: options.number("port"))
        let poller = Poller()
        poller.watch(listener)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
        var connections: [Int32: OriginConnection] = [:]
        while true {
            poller.wait { event in
                if event.descriptor == listener {
                    while let accepted = Socket.accept(listener) {
                        connections[accepted] = OriginConnection(accepted)
                        poller.watch(accepted)
                    }
                } else if let connection = connections[event.descriptor] {
                    if event.isWritable { connection.flush() }
                    if event.isReadable { connection.readAll(scratch) }
                    if connection.isClosed {
                        connections[event.descriptor] = nil
                        Socket.close(event.descriptor)
                    }
                }
            }
        }
    }
}
