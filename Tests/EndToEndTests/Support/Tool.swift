import Foundation
import Testing

/// A program that tests run beside Gatehouse, which `Scripts/setup test` installs.
struct Tool: Sendable, CustomTestStringConvertible {
    let name: String
    let isInstalled: Bool

    private init(_ name: String) {
        self.name = name
        isInstalled = Command.exists(name)
    }

    private init(_ name: String, isInstalled: Bool) { (self.name, self.isInstalled) = (name, isInstalled) }

    static let curl = Tool("curl")
    static let h2load = Tool("h2load")
    static let nghttp = Tool("nghttp")
    static let openssl = Tool("openssl")
    static let python = Tool("python3")
    /// gRPC's own implementation for Python.
    static let grpcio = Tool("grpcio", isInstalled: Python.hasGRPC)
    /// Libraries for WebSockets, over HTTP/2 too, for Python.
    static let wsproto = Tool("wsproto", isInstalled: Python.hasWebSockets)
    static let sslscan = Tool("sslscan")
    static let wrk = Tool("wrk")

    static let all = [curl, h2load, nghttp, openssl, python, grpcio, wsproto, sslscan, wrk]

    var testDescription: String { name }
}

extension Trait where Self == ConditionTrait {
    /// Leaves a test out where its tool is missing; `The tools of the tests` fails then.
    static func needs(_ tool: Tool) -> Self {
        .enabled(if: tool.isInstalled, "\(tool.name) is not installed; make setup installs it")
    }
}

/// Tests without their tool are left out, which nobody would notice. `GATEHOUSE_TESTS_WITHOUT=wrk,sslscan` says that it
/// is meant so.
@Suite struct `The tools of the tests` {
    private static let waived = (ProcessInfo.processInfo.environment["GATEHOUSE_TESTS_WITHOUT"] ?? "").split(
        separator: ",")

    @Test(arguments: Tool.all)
    func `are installed, or known to be missing`(tool: Tool) {
        #expect(
            tool.isInstalled || Self.waived.contains { $0 == tool.name },
            "tests that need \(tool.name) were left out; make setup installs it, GATEHOUSE_TESTS_WITHOUT=\(tool.name) waives it"
        )
    }
}
