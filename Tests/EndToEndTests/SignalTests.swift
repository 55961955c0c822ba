import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite struct `A running Gatehouse` {
    /// Waits until nobody listens on a port any more.
    private static func waitForRefusal(_ port: UInt16) throws {
        try eventually("port \(port) to refuse") {
            do {
                _ = try Wire(toPort: port)
                return false
            } catch let error as Errno {
                return error == Errno(ECONNREFUSED)
            }
        }
    }

    /// An origin that answers once it may.
    private static func patientOrigin(_ gate: Gate) throws -> ScriptedOrigin {
        try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try gate.wait()
                try connection.respond("at last")
            }
        }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `finishes what is under way when it is asked to end, and takes nothing new`(signal: CInt) throws {
        let gate = Gate()
        let origin = try Self.patientOrigin(gate)
        let gatehouse = try Gatehouse(
            ["-f", "-", "--backend", "shop=127.0.0.1:\(origin.port)"], input: Manifest.site("shop"))
        let idle = try gatehouse.client()
        #expect(try idle.request(host: "nobody.example").status == 404)
        let busy = try gatehouse.client()
        try busy.send(Client.head(host: "shop.example"))
        try origin.waitForRequests(1)

        gatehouse.process.signal(signal)
        try gatehouse.waitForLine(containing: "notice: ending")
        #expect(try idle.isEnded())
        try Self.waitForRefusal(gatehouse.port)
        for path in ["/healthz", "/readyz"] { #expect(try gatehouse.admin(path).status == 500) }
        #expect(!gatehouse.process.hasEnded)

        gate.open()
        let answer = try busy.response()
        #expect(answer.status == 200 && answer.text == "at last")
        #expect(answer["Connection"] == "close")
        #expect(try busy.isEnded())
        #expect(try gatehouse.process.end() == .exited(0))
    }

    @Test func `goes on when nobody reads its log any more`() throws {
        let folder = try ManifestFolder(["shop.yaml": Manifest.site("shop")])
        let pipe = folder.path(of: "log")
        let script = "mkfifo '\(pipe)' && { sed '/^ready: /q' < '\(pipe)' >&2 & exec \"$0\" \"$@\" 2> '\(pipe)'; }"
        let gatehouse = try Gatehouse(
            ["-f", folder.path(of: "shop.yaml"), "--demo-backends"], script: script)
        _ = try gatehouse.process.errors.wait("the log's reader to leave") { $0.isOver }
        try folder.write(Manifest.site("other"), to: "shop.yaml")
        try eventually("the change to be live") {
            try gatehouse.request(host: "other.example").status == 200
        }
        #expect(try gatehouse.terminate() == .exited(0))
    }

    @Test func `leaves no memory on a disk if it dies`() throws {
        let gatehouse = try Gatehouse(["-f", "-"], input: Manifest.site("shop"))
        let limits = try String(contentsOfFile: "/proc/\(gatehouse.process.id)/limits", encoding: .utf8)
        let cores = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(cores.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
    }

    @Test func `cuts what is not finished when the grace is over`() throws {
        let gate = Gate()
        let origin = try Self.patientOrigin(gate)
        let gatehouse = try Gatehouse(
            ["-f", "-", "--backend", "shop=127.0.0.1:\(origin.port)", "--shutdown-grace", "100ms"],
            input: Manifest.site("shop"))
        let busy = try gatehouse.client()
        try busy.send(Client.head(host: "shop.example"))
        try origin.waitForRequests(1)
        #expect(try gatehouse.terminate() == .exited(0))
        #expect(throws: WireFault.self) { try busy.response() }
        gate.open()
    }

    @Test func `takes the grace from worker-shutdown-timeout of the ConfigMap`() throws {
        let gate = Gate()
        let origin = try Self.patientOrigin(gate)
        let settings = """
            apiVersion: v1
            kind: ConfigMap
            metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
            data: { worker-shutdown-timeout: "1s" }
            ---

            """
        let gatehouse = try Gatehouse(
            ["-f", "-", "--backend", "shop=127.0.0.1:\(origin.port)"], input: settings + Manifest.site("shop"))
        let busy = try gatehouse.client()
        try busy.send(Client.head(host: "shop.example"))
        try origin.waitForRequests(1)
        gatehouse.process.signal(SIGTERM)
        try gatehouse.waitForLine(containing: "have up to 1 s to finish")
        #expect(try gatehouse.process.end() == .exited(0))
        #expect(throws: WireFault.self) { try busy.response() }
        gate.open()
    }

    @Test func `ends at once when it is asked a second time`() throws {
        let gate = Gate()
        let origin = try Self.patientOrigin(gate)
        let gatehouse = try Gatehouse(
            ["-f", "-", "--backend", "shop=127.0.0.1:\(origin.port)", "--shutdown-grace", "1h"],
            input: Manifest.site("shop"))
        let busy = try gatehouse.client()
        try busy.send(Client.head(host: "shop.example"))
        try origin.waitForRequests(1)
        gatehouse.process.signal(SIGTERM)
        try gatehouse.waitForLine(containing: "notice: ending")
        #expect(try gatehouse.terminate() == .exited(130))
        gate.open()
    }

    @Test func `ends at once when nothing is under way`() throws {
        let gatehouse = try Gatehouse(["-f", "-", "--shutdown-grace", "1h"], input: Manifest.site("shop"))
        let idle = try gatehouse.client()
        #expect(try idle.request(host: "nobody.example").status == 404)
        #expect(try gatehouse.terminate() == .exited(0))
    }
}
