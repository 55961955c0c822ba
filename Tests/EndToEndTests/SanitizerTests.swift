import TestSupport
import Testing

/// `make sanitize` runs the executable under the sanitizers too: what they say there may not be lost.
@Suite struct `A program under a sanitizer` {
    @Test(arguments: [
        "WARNING: ThreadSanitizer: data race (pid=7)", "==7==ERROR: AddressSanitizer: heap-use-after-free on address",
        "==7==ERROR: LeakSanitizer: detected memory leaks", "x.h:1:2: runtime error: signed integer overflow",
    ])
    func `fails the test that started it, though it went on and was killed`(report: String) throws {
        try withKnownIssue {
            let process = try ChildProcess("sh", ["-c", "echo ready >&2; echo '\(report)' >&2; exec sleep 600"])
            try process.errors.wait("the report") { $0.lines.count == 2 }
        } matching: { issue in
            issue.comments.contains { $0.rawValue.contains(report) && !$0.rawValue.contains("ready") }
        }
    }

    @Test func `that has nothing to say fails nothing`() throws {
        let process = try ChildProcess("sh", ["-c", "echo 'listening on http://127.0.0.1:80' >&2"])
        let said = try process.errors.wait("its end") { $0.isOver }
        #expect(said.finding == nil)
    }
}
