import EventLoop
import Filters

/// Passwords that wait to be checked, in the order in which they came.
///
/// Many requests of one client may bring the same password before the first answer is there, after a reload for
/// instance: one check answers them all.
struct PasswordQueue: ~Copyable {
    /// A password, and whom to tell.
    struct Job: Sendable {
        let check: PasswordCheck
        let ticket: UInt64
        let reply: Mailbox<WorkerMessage>
    }

    /// Jobs that wait at most.
    static let limit = 128

    private var jobs: [Job] = []

    var isEmpty: Bool { jobs.isEmpty }

    /// - Returns: false when the queue is full.
    mutating func add(_ job: Job) -> Bool {
        guard jobs.count < Self.limit else { return false }
        jobs.append(job)
        return true
    }

    mutating func next() -> Job? { jobs.isEmpty ? nil : jobs.removeFirst() }

    /// The jobs that wait for the answer that a check has just given.
    mutating func takeAll(like check: PasswordCheck) -> [Job] {
        let same = jobs.filter { $0.check.isSame(as: check) }
        if !same.isEmpty { jobs.removeAll { $0.check.isSame(as: check) } }
        return same
    }

    mutating func forgetAll() { jobs = [] }
}
