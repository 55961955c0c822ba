import Bytes
import EventLoop
import Passwords
import Testing

@testable import Filters
@testable import Proxy

@Suite struct `Password queue` {
    private let reply: Mailbox<WorkerMessage>
    private let hash: PasswordHash

    init() throws {
        reply = try Mailbox()
        hash = try PasswordHash(Array("{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=".utf8))
    }

    private func job(_ ticket: UInt64, _ credentials: String, isInVain: Bool = false) -> PasswordQueue.Job {
        let fingerprint = Digest.fingerprint(Array(credentials.utf8).span)
        let check = PasswordCheck(password: [], hash: hash, fingerprint: fingerprint, isInVain: isInVain)
        return PasswordQueue.Job(check: check, ticket: ticket, reply: reply)
    }

    @Test func `gives one answer to all that wait for the same one`() throws {
        var queue = PasswordQueue()
        for job in [job(1, "ann"), job(2, "bob"), job(3, "ann"), job(4, "ann", isInVain: true), job(5, "ann")] {
            let isTaken = queue.add(job)
            #expect(isTaken)
        }
        let next = queue.next()
        let first = try #require(next)
        let same = queue.takeAll(like: first.check)
        let (second, third, last) = (queue.next()?.ticket, queue.next()?.ticket, queue.next()?.ticket)
        #expect(first.ticket == 1)
        #expect(same.map(\.ticket) == [3, 5])
        #expect(second == 2)
        #expect(third == 4)
        #expect(last == nil)
    }

    @Test func `takes no more than it is meant to`() {
        var queue = PasswordQueue()
        for number in 0..<PasswordQueue.limit {
            let isTaken = queue.add(job(UInt64(number), "user \(number)"))
            #expect(isTaken)
        }
        let isTaken = queue.add(job(1000, "one more"))
        #expect(!isTaken)
    }
}
