import Logging
import Proxy

/// Writes what the data plane says of failed attempts at endpoints and of OCSP responses, without making it wait: what it
/// says waits in a queue of bounded length, and what does not fit is lost.
struct FaultLog: Sendable {
    private let faults: AsyncStream<any CustomStringConvertible & Sendable>
    private let queue: AsyncStream<any CustomStringConvertible & Sendable>.Continuation

    init() { (faults, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256)) }

    /// Takes a fault; never waits.
    func take(_ fault: any CustomStringConvertible & Sendable) { queue.yield(fault) }

    /// Writes until `stop`.
    func run(_ logger: Logger) async {
        for await fault in faults { logger.warning("\(fault)") }
    }

    func stop() { queue.finish() }
}
