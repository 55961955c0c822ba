import Linux

/// One worker's connections to one address.
///
/// Idle ones wait in a stack: the one used last is used next, so that a quiet time lets the others
/// expire. The worker bounds the idle connections of all its pools together.
final class EndpointPool {
    let address: SocketAddress
    private var idle: ContiguousArray<HTTP1Upstream> = []
    /// The endpoint has left the configuration: connections close when they become idle.
    private(set) var isRetired = false

    init(address: SocketAddress) { self.address = address }

    var idleCount: Int { idle.count }

    /// The idle connection that was used last.
    func takeIdle() -> HTTP1Upstream? { idle.popLast() }

    func putIdle(_ connection: HTTP1Upstream) { idle.append(connection) }

    /// Forgets an idle connection that broke or expired.
    func removeIdle(_ connection: HTTP1Upstream) {
        if let index = idle.firstIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    /// No new requests come; closes what is idle and lets what is busy finish.
    func retire() {
        isRetired = true
        while let connection = idle.popLast() { connection.closeIdle() }
    }

    func revive() { isRetired = false }
}
