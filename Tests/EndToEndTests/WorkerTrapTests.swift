import Foundation
import Glibc
import TestSupport
import Testing

/// What a broken invariant comes to on a worker's thread: the processor's signal for a trap, here sent to that thread alone.
@Suite struct `A worker that traps` {
    @Test(arguments: [SIGILL, SIGTRAP])
    func `takes the process with it, so that nothing is left half alive`(signal: CInt) throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try gate.wait()
                try connection.respond("too late")
            }
        }
        let gatehouse = try Gatehouse(
            ["-f", "-", "--workers", "2", "--backend", "shop=127.0.0.1:\(origin.port)"], input: Manifest.site("shop"),
            script: "export SWIFT_BACKTRACE=enable=no; exec \"$0\" \"$@\"")
        let busy = try gatehouse.client()
        try busy.send(Client.head(host: "shop.example"))
        try origin.waitForRequests(1)
        #expect(try Self.send(signal, toThread: "worker-1", of: gatehouse.process.id) == 0)
        #expect(try gatehouse.process.end() == .killed(bySignal: signal))
        #expect(throws: WireFault.self) { try busy.response() }
        gate.open()
    }

    /// `tgkill(2)`, which the module of the C library leaves out.
    private static func send(_ signal: CInt, toThread name: String, of process: pid_t) throws -> CInt {
        let tasks = "/proc/\(process)/task"
        let task = try FileManager.default.contentsOfDirectory(atPath: tasks).first { task in
            (try? String(contentsOfFile: "\(tasks)/\(task)/comm", encoding: .utf8)) == "\(name)\n"
        }
        let thread = try #require(task.flatMap { pid_t($0) })
        let function = try #require(dlsym(nil, "tgkill"))
        return unsafeBitCast(function, to: (@convention(c) (pid_t, pid_t, CInt) -> CInt).self)(process, thread, signal)
    }
}
