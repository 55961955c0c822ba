import Bytes
import Filters
import HTTP

/// One worker's subrequests and answers that wait to be used again, and what copies of requests take in memory.
///
/// Copies are for nobody's sake but the operator's: beyond either bound they are left out.
struct SubrequestPool: ~Copyable {
    /// Bytes of all copies that are under way.
    static let copyBudget = 16 << 20
    /// Copies under way.
    static let copyLimit = 1024
    /// Responses that are read for the cache alone, while no client waits for them.
    static let fillLimit = 16
    private static let kept = 256

    private var idle: ContiguousArray<Subrequest> = []
    private var answers: ContiguousArray<AuthAnswer> = []
    private(set) var copies = 0
    private(set) var copiedBytes = 0
    var fills = 0

    mutating func take(for worker: Worker) -> Subrequest { idle.popLast() ?? Subrequest(worker: worker) }

    mutating func takeAnswer() -> AuthAnswer { answers.popLast() ?? AuthAnswer() }

    mutating func give(_ subrequest: Subrequest) {
        if subrequest.isCopy {
            copies -= 1
            copiedBytes -= subrequest.message.count
        }
        subrequest.forgetMessage()
        if idle.count < Self.kept { idle.append(subrequest) }
    }

    mutating func give(_ answer: AuthAnswer) {
        answer.head.clear()
        if answers.count < Self.kept { answers.append(answer) }
    }

    /// Whether there is room for a copy of so many bytes.
    func hasRoom(forCopyOf bytes: Int) -> Bool {
        copies < Self.copyLimit && copiedBytes + bytes <= Self.copyBudget
    }

    mutating func countCopy(of bytes: Int) {
        copies += 1
        copiedBytes += bytes
    }

    /// Lets go of what points back to the worker.
    mutating func clear() {
        idle = []
        answers = []
    }
}
