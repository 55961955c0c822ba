import Wire

/// Loads a proxy over keep-alive connections and reports what came back, as one line of JSON.
///
///     load http      --port P --requests FILE [--connections 64] [--seconds 3] [--rate R] [--body BYTES]
///                    [--until eof]
///     load websocket --port P --host H [--connections 64] [--seconds 3] [--size 128]
///     load hold      --port P --requests FILE --connections N
///
/// FILE holds a `method host target` a line, drawn at random. `http` asks again as soon as it is answered, or with
/// `--rate` at fixed times, whatever the answers do; with `--until eof` it ends early when its standard input does.
/// `hold` makes one request on each connection, reports, and keeps the connections until its standard input ends.
@main
struct Load {
    static func main() {
        guard CommandLine.arguments.count > 1 else { fail("usage: load http|websocket|hold --port PORT ...") }
        let options = Options(CommandLine.arguments.dropFirst(2))
        switch CommandLine.arguments[1] {
        case "http": HTTPLoad(options).run()
        case "websocket": WebSocketLoad(options).run()
        case "hold": HTTPLoad(options).hold()
        case let other: fail("unknown load: \(other)")
        }
    }
}
