import Synchronization
import TestSupport

/// Clients that ask without pause on a keep-alive connection each, until they are stopped.
final class Load: Sendable {
    struct Tally: Sendable {
        var answers = 0
        /// Answers other than the wanted one, and connections that ended: each is a failure.
        var failures: [String] = []
    }

    private let tally = Watched(Tally())
    private let isStopping = Atomic(false)
    private let threads: Mutex<[BackgroundThread]>

    /// - Parameter isRight: whether an answer is as wanted.
    init(
        clients: Int, to gatehouse: Gatehouse, host: String, isRight: @escaping @Sendable (Message) -> Bool
    ) throws {
        threads = Mutex([])
        for number in 0..<clients {
            let client = try Connection(gatehouse.client())
            let thread = try BackgroundThread { [unowned self] in
                do {
                    while !isStopping.load(ordering: .relaxed) {
                        let answer = try client.client.request("/\(number)", host: host)
                        tally.change { tally in
                            tally.answers += 1
                            if !isRight(answer) { tally.failures.append(answer.startLine) }
                        }
                    }
                } catch {
                    tally.change { $0.failures.append("client \(number): \(error)") }
                }
            }
            threads.withLock { $0.append(thread) }
        }
    }

    deinit { _ = stop() }

    /// Waits until so many more requests have been answered.
    func waitForAnswers(_ count: Int) throws {
        let before = tally.current.answers
        try tally.wait("\(count) answers") { $0.answers >= before + count || !$0.failures.isEmpty }
    }

    /// Ends the clients and tells what they saw.
    func stop() -> Tally {
        isStopping.store(true, ordering: .relaxed)
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
        return tally.current
    }

    /// `@unchecked Sendable`: made by one thread, used by another from its start on.
    private final class Connection: @unchecked Sendable {
        let client: Client
        init(_ client: Client) { self.client = client }
    }
}
