import EventLoop
import Filters
import Linux
import Synchronization

/// Threads that check passwords whose hashes are made to be slow, so that no worker stands still for one.
///
/// The queue is short: who finds it full is told so at once. The threads begin with the first password and end with the
/// data plane.
final class PasswordThreads: Sendable {
    private struct State: ~Copyable {
        var queue = PasswordQueue()
        var threads: [CheckingThread] = []
        var isEnding = false
    }

    private static let threadCount = 2

    private let state = Mutex(State())
    private let wakeUp: Mailbox<Void>

    init() throws(Errno) { wakeUp = try Mailbox<Void>() }

    /// - Returns: whether the job will be done; its answer comes by mail.
    func offer(_ job: PasswordQueue.Job) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.isEnding else { return false }
            while state.threads.count < Self.threadCount {
                guard let thread = try? CheckingThread(number: state.threads.count, { [self] in work() }) else { break }
                state.threads.append(thread)
            }
            return !state.threads.isEmpty && state.queue.add(job)
        }
        if isTaken { wakeUp.wake() }
        return isTaken
    }

    /// Ends the threads; jobs that wait are forgotten, as those who asked have gone.
    func stop() {
        let threads = state.withLock { state in
            state.isEnding = true
            state.queue.forgetAll()
            let running = state.threads
            state.threads = []
            return running
        }
        for thread in threads {
            wakeUp.wake()
            thread.join()
        }
    }

    private func work() {
        while true {
            let (job, isLast, isEnding) = state.withLock { state in
                let job = state.queue.next()
                return (job, state.queue.isEmpty, state.isEnding)
            }
            if isEnding {
                // The event was cleared by this thread, perhaps, while another still sleeps.
                wakeUp.wake()
                return
            }
            guard let job else {
                wakeUp.wakeEvent.descriptor.waitUntilReadable(milliseconds: -1)
                wakeUp.wakeEvent.clear()
                continue
            }
            if !isLast { wakeUp.wake() }
            let result = job.check.run()
            let same = state.withLock { $0.queue.takeAll(like: job.check) }
            for job in [job] + same { job.reply.send(.passwordChecked(ticket: job.ticket, result)) }
        }
    }
}

/// A thread that is joined once.
private final class CheckingThread: Sendable {
    private let thread: Mutex<Thread?>

    init(number: Int, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        thread = Mutex(try Thread(name: "passwords-\(number)", body))
    }

    func join() {
        let taken = thread.withLock { $0.take() }
        taken?.join()
    }
}
