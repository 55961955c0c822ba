import Foundation
import TestSupport
import Testing

@Suite struct `The number of workers` {
    private static func settings(_ value: String) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
        data: { worker-processes: "\(value)" }
        ---

        """
    }

    /// Threads that are called so, as the kernel sees them.
    private func workers(of gatehouse: Gatehouse) throws -> Int {
        let tasks = "/proc/\(gatehouse.process.id)/task"
        return try FileManager.default.contentsOfDirectory(atPath: tasks).count { task in
            (try? String(contentsOfFile: "\(tasks)/\(task)/comm", encoding: .utf8))?.hasPrefix("worker-") == true
        }
    }

    @Test(arguments: [("3", [], 3), ("3", ["--workers", "2"], 2), ("3", ["--workers", "auto"], 3)])
    func `is worker-processes of the ConfigMap, unless the command line says another`(
        value: String, arguments: [String], count: Int
    ) throws {
        let gatehouse = try Gatehouse(
            ["-f", "-", "--demo-backends"] + arguments, input: Self.settings(value) + Manifest.site("shop"))
        #expect(try gatehouse.request("/", host: "shop.example").status == 200)
        #expect(try workers(of: gatehouse) == count)
    }

    @Test(arguments: ["auto", "0", "many"])
    func `is chosen by the machine for auto and for what is no number`(value: String) throws {
        let usual = try Gatehouse(["-f", "-", "--demo-backends"], input: Manifest.site("shop"))
        let gatehouse = try Gatehouse(
            ["-f", "-", "--demo-backends"], input: Self.settings(value) + Manifest.site("shop"))
        #expect(try gatehouse.request("/", host: "shop.example").status == 200)
        #expect(try usual.request("/", host: "shop.example").status == 200)
        #expect(try workers(of: gatehouse) == workers(of: usual))
    }
}
