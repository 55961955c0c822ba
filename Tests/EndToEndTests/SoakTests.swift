import Foundation
import TestSupport
import Testing

/// Everything at once: good, broken and abandoned requests, origins that die and misbehave, and reloads all the while.
///
/// A few thousand requests, or as many as `GATEHOUSE_SOAK_REQUESTS` says; `make soak` makes them two hundred thousand.
@Suite struct `A soak` {
    private static let requests =
        ProcessInfo.processInfo.environment["GATEHOUSE_SOAK_REQUESTS"].flatMap { Int($0) } ?? 4_000
    private static let rounds = 40
    /// Resident memory at the end, over that after a quarter.
    private static let largestGrowth = 1.25
    /// Descriptors of the pipes that two workers keep for large bodies.
    private static let keptPipes = 2 * 2 * 16

    /// The target says what the origin does.
    private static func play(_ connection: OriginConnection) throws {
        while let head = try connection.head() {
            let length = head["Content-Length"].flatMap { Int($0) }
            try connection.readBody(head["Transfer-Encoding"] == nil ? length.map { .length($0) } ?? .none : .chunked)
            switch head.target {
            case "/resets": return connection.reset()
            case "/nonsense": return try connection.send("NONSENSE\r\n\r\n")
            case "/breaks-off":
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                return connection.reset()
            default: try connection.respond("ok")
            }
        }
    }

    private static func endpoints(_ service: String, _ ports: [UInt16]) -> String {
        ports.enumerated().map { number, port in
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: { name: \(service)-\(number), labels: { kubernetes.io/service-name: \(service) } }
            addressType: IPv4
            ports: [{ name: http, port: \(port) }]
            endpoints: [{ addresses: [127.0.0.1] }]
            ---

            """
        }.joined()
    }

    @Test func `of good, broken and abandoned requests leaves everything as it was`() throws {
        let origin = try ScriptedOrigin(Self.play)
        let dead = try RefusingPort()
        let folder = try ManifestFolder([
            "routes.yaml": Manifest.site("shop") + Manifest.site("moody") + Self.endpoints("moody", [origin.port]),
            "endpoints.yaml": Self.endpoints("shop", [origin.port]),
        ])
        let gatehouse = try Gatehouse(["-f", folder.path, "--workers", "2", "--h2c"])
        // Workers open some of their descriptors as they begin.
        #expect(try gatehouse.request(host: "nobody.example").status == 404)
        let before = gatehouse.openDescriptors
        let load = try SoakLoad(clients: 6, toPort: gatehouse.port)
        var early = 0
        for round in 1...Self.rounds {
            let ports = round.isMultiple(of: 2) ? [origin.port] : [dead.port, origin.port]
            try gatehouse.reloads { try folder.replace("endpoints.yaml", with: Self.endpoints("shop", ports)) }
            try load.waitForActs(Self.requests / Self.rounds)
            if round == Self.rounds / 4 { early = gatehouse.residentBytes }
        }
        let late = gatehouse.residentBytes
        let tally = load.stop()
        #expect(tally.unexplained.isEmpty)
        #expect(tally.acts >= Self.requests)
        #expect(tally.streams > 0)
        for act in SoakAct.allCases { #expect(tally.expected[act, default: 0] > 0, "\(act)") }
        #expect(Double(late) < Double(early) * Self.largestGrowth, "\(early) bytes grew to \(late)")
        let active = "nginx_ingress_controller_nginx_process_connections"
        try eventually("connections to be over") { try gatehouse.metrics().sum(active, ["state": "active"]) == 0 }
        origin.stop()
        try eventually("descriptors to be closed") { gatehouse.openDescriptors <= before + Self.keptPipes }
        #expect(try gatehouse.admin("/healthz").status == 200)
        #expect(try gatehouse.terminate() == .exited(0))
    }
}
