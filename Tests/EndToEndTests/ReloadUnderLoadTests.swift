import TestSupport
import Testing

@Suite struct `A hundred reloads under load` {
    /// Resident memory after the last reload, over that after the tenth.
    private static let largestGrowth = 1.25

    @Test func `fail no request, close no connection and keep memory flat`() throws {
        let folder = try ManifestFolder([
            "shop.yaml": Manifest.site("shop", to: "blue"),
            "settings.yaml": Manifest.settings(["keep-alive-requests": "1000000"]),
        ])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends", "--workers", "2"])
        let tunnel = try gatehouse.client()
        #expect(try tunnel.openWebSocket(host: "shop.example").status == 101)
        let load = try Load(clients: 6, to: gatehouse, host: "shop.example") { answer in
            answer.status == 200 && ["blue", "green"].contains(answer.chosenService)
        }
        var early = 0
        for number in 1...100 {
            let service = number.isMultiple(of: 2) ? "blue" : "green"
            try gatehouse.reloads { try folder.replace("shop.yaml", with: Manifest.site("shop", to: service)) }
            #expect(try gatehouse.request(host: "shop.example").chosenService == service)
            try load.waitForAnswers(6)
            if number == 10 { early = gatehouse.residentBytes }
        }
        let late = gatehouse.residentBytes
        let tally = load.stop()
        #expect(tally.failures.isEmpty)
        #expect(tally.answers >= 600)
        #expect(Double(late) < Double(early) * Self.largestGrowth, "\(early) bytes grew to \(late)")
        try tunnel.send(WebSocketFrame("still there"))
        #expect(try tunnel.frame() == WebSocketFrame("still there"))
        // Six clients, the tunnel, and one connection for each look after a reload.
        let accepted = "nginx_ingress_controller_nginx_process_connections_total"
        #expect(try gatehouse.metrics().sum(accepted, ["state": "accepted"]) == 107)
        try eventually("every configuration to be counted") {
            try gatehouse.metrics().sum("nginx_ingress_controller_success") == 101
        }
    }
}
