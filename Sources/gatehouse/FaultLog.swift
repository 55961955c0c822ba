import Logging
import Proxy

/// Writes what workers say of failed attempts at endpoints, without making them wait: what they say waits in a queue of
/// bounded length, and what does not fit is lost.
struct FaultLog: Sendable {
    private let faults: AsyncStream<UpstreamFault>
    private let queue: AsyncStream<UpstreamFault>.Continuation

    init() { (faults, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256)) }

    /// Takes a fault; never waits.
    func take(_ fault: UpstreamFault) { queue.yield(fault) }

    /// Writes until `stop`.
    func run(_ logger: Logger) async {
        for await fault in faults { logger.warning("\(fault)") }
    }

    func stop() { queue.finish() }
}
