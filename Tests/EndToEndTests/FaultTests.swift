import Foundation
import Glibc
import Linux
import TestSupport
import Testing

/// What backends, clients and the machine may do to a proxy.
@Suite struct `A fault` {
    private static func gatehouse(
        to port: UInt16, _ arguments: [String] = [], annotations: [String: String] = [:], descriptors: Int? = nil
    ) throws -> Gatehouse {
        try Gatehouse(
            ["-f", "-", "--workers", "1", "--backend", "shop=127.0.0.1:\(port)"] + arguments,
            input: Manifest.site("shop", annotations: annotations), descriptors: descriptors)
    }

    // MARK: Backends

    @Test func `of a backend that died is a 502, until it lives again`() throws {
        let folder = try ManifestFolder()
        let script = Products.repository.appending(path: "Tests/EndToEndTests/Clients/origin.py")
        func startOrigin(_ port: UInt16) throws -> (process: ChildProcess, port: UInt16) {
            let process = try ChildProcess("python3", [script.path(percentEncoded: false), "\(port)"])
            let said = try process.output.wait("the origin") { !$0.lines.isEmpty || $0.isOver }
            return (process, try #require(said.lines.first.flatMap { UInt16($0) }, "\(process.errors.current.text)"))
        }
        let (first, port) = try startOrigin(0)
        let gatehouse = try Self.gatehouse(to: port, ["--access-log", folder.path(of: "log")])
        let client = try gatehouse.client()
        #expect(try client.request(host: "shop.example").text == "alive\n")
        first.signal(SIGKILL)
        #expect(try first.end() == .killed(bySignal: SIGKILL))
        for _ in 0..<3 { #expect(try client.request(host: "shop.example").status == 502) }
        let (second, _) = try startOrigin(port)
        #expect(!second.hasEnded)
        try eventually("the backend to be used again") { try client.request(host: "shop.example").status == 200 }
        #expect(try client.request(host: "shop.example").text == "alive\n")
    }

    @Test func `of a backend that breaks off reaches the client as a break`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                guard request.target == "/broken" else { try connection.respond("whole"); continue }
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                return connection.reset()
            }
        }
        let gatehouse = try Self.gatehouse(to: origin.port)
        for _ in 0..<5 {
            #expect(throws: WireFault.self) { try gatehouse.request("/broken", host: "shop.example") }
            #expect(try gatehouse.request(host: "shop.example").text == "whole")
        }
        let failures = "gatehouse_upstream_failures_total"
        #expect(
            try gatehouse.metrics().sum(failures) - gatehouse.metrics().sum(failures, ["reason": "no_endpoint"]) >= 5)
    }

    @Test(arguments: ["GARBAGE\r\n\r\n", "HTTP/1.1 200\u{0}OK\r\n\r\n", "HTTP/1.1 99 No\r\n\r\n", "\r\n\r\n\r\n", ""])
    func `of a backend that talks nonsense is a 502`(nonsense: String) throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.send(nonsense)
                connection.wire.finishSending()
            }
        }
        let gatehouse = try Self.gatehouse(to: origin.port)
        let answer = try gatehouse.request(host: "shop.example")
        #expect(answer.status == 502)
        #expect(answer.text.contains("502 Bad Gateway"))
        #expect(try gatehouse.admin("/healthz").status == 200)
    }

    @Test func `of a backend that hangs is a 504 after its time`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil { try gate.wait() }
        }
        let gatehouse = try Self.gatehouse(
            to: origin.port, annotations: ["proxy-read-timeout": "1", "proxy-next-upstream": "off"])
        #expect(try gatehouse.request(host: "shop.example").status == 504)
        gate.open()
    }

    // MARK: Clients

    /// How a client may leave.
    private enum Departure: CaseIterable {
        case atOnce, withinHead, withinBody, beforeTheAnswer, withinTheAnswer
    }

    /// Descriptors of the pipes that a worker keeps for the next large body.
    private static let keptPipes = 2 * 16

    @Test func `of two thousand clients leaves no descriptor behind`() throws {
        let origin = try ScriptedOrigin { connection in
            while let head = try connection.head() {
                try connection.readBody(head["Content-Length"].flatMap { Int($0) }.map { .length($0) } ?? .none)
                guard head.target == "/long" else { _ = try connection.waitForEnd(); return }
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome")
                _ = try connection.waitForEnd()
                return
            }
        }
        let gatehouse = try Self.gatehouse(to: origin.port)
        // Workers open some of theirs as they begin.
        #expect(try gatehouse.request(host: "nobody.example").status == 404)
        let before = gatehouse.openDescriptors
        for number in 0..<2000 {
            let client = try gatehouse.client()
            switch Departure.allCases[number % Departure.allCases.count] {
            case .atOnce: break
            case .withinHead: try client.send("GET / HTTP/1.1\r\nHost: shop")
            case .withinBody:
                try client.send(Client.head("/", method: "POST", host: "shop.example", ["Content-Length: 9"]) + "some")
            case .beforeTheAnswer: try client.send(Client.head("/", host: "shop.example"))
            case .withinTheAnswer:
                try client.send(Client.head("/long", host: "shop.example"))
                #expect(try client.reader.head()?.status == 200)
            }
            if number.isMultiple(of: 2) { client.wire.reset() } else { client.wire.close() }
        }
        try eventually("descriptors to be closed") { gatehouse.openDescriptors <= before + Self.keptPipes }
        let active = "nginx_ingress_controller_nginx_process_connections"
        try eventually("connections to be over") { try gatehouse.metrics().sum(active, ["state": "active"]) == 0 }
        #expect(try gatehouse.admin("/healthz").status == 200)
    }

    // MARK: Descriptors

    /// Processor time in seconds that a proxy without anything to do may take in a second of waiting.
    private static let restlessness = 0.35

    @Test func `of too few descriptors keeps clients waiting, not the processor busy`() throws {
        let origin = try ScriptedOrigin(answering: "still here")
        let gatehouse = try Self.gatehouse(to: origin.port, descriptors: 64)
        #expect(try gatehouse.request(host: "shop.example").status == 200)
        // Each client holds a request half sent, so that its connection is no idle one.
        let clients = try (0..<200).map { _ in
            let client = try gatehouse.client()
            try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n")
            return client
        }
        let last = try #require(clients.last)
        let before = gatehouse.processorSeconds
        #expect(!last.wire.hasInput(within: 1000))
        #expect(gatehouse.processorSeconds - before < Self.restlessness)
        #expect(gatehouse.openDescriptors <= 64)
        #expect(try gatehouse.admin("/healthz").status == 200)
        // Each is served as those before it leave.
        for client in clients {
            try client.send("Connection: close\r\n\r\n")
        }
        for client in clients { #expect(try client.response().text == "still here") }
        #expect(try gatehouse.request(host: "shop.example").status == 200)
    }

    @Test func `of too few descriptors ends when the clients leave without a word`() throws {
        let origin = try ScriptedOrigin(answering: "still here")
        let gatehouse = try Self.gatehouse(to: origin.port, descriptors: 64)
        // Workers open some of theirs as they begin.
        #expect(try gatehouse.request(host: "nobody.example").status == 404)
        let before = gatehouse.openDescriptors
        for _ in 0..<3 {
            let clients = try (0..<150).map { _ in try gatehouse.client() }
            for client in clients { client.wire.reset() }
            #expect(try gatehouse.request(host: "shop.example").text == "still here")
        }
        origin.stop()
        try eventually("every descriptor to be closed") { gatehouse.openDescriptors <= before }
    }
}
