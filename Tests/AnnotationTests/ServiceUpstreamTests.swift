import Foundation
import Model
import TestSupport
import Testing

@Suite struct `The annotation service-upstream` {
    /// The Service's cluster address leads to `cluster`, its slice to `pod`.
    private struct Shop {
        let cluster: ScriptedOrigin
        let pod: ScriptedOrigin
        let gate: Gate

        init(
            _ annotations: [String: String], configMap: [String: String] = [:], address: String = "127.0.0.1"
        ) throws {
            cluster = try ScriptedOrigin(answering: "cluster")
            pod = try ScriptedOrigin(answering: "pod")
            let service = Manifests.service("known")
                .replacingOccurrences(of: "10.96.0.1", with: address)
                .replacingOccurrences(of: "port: 80", with: "port: \(cluster.port)")
            gate = try Gate(
                manifests: [
                    Manifests.ingress(annotations, service: "known", port: Int(cluster.port)), service,
                    Manifests.slice(of: "known", 0, port: pod.port),
                ], origins: [:], configMap: configMap)
        }
    }

    @Test(
        .shows(effectOf: "service-upstream"), .shows(defaultOf: "service-upstream"),
        .shows(badValueOf: "service-upstream"),
        arguments: [
            (["service-upstream": "true"], [:], "cluster"), ([:], [:], "pod"),
            (["service-upstream": "false"], [:], "pod"),
            (["service-upstream": "yes"], [:], "pod"), ([:], ["service-upstream": "true"], "cluster"),
            (["service-upstream": "false"], ["service-upstream": "true"], "pod"),
        ])
    func `sends everything to the cluster address`(
        annotations: [String: String], configMap: [String: String], answer: String
    ) throws {
        let shop = try Shop(annotations, configMap: configMap)
        #expect(try shop.gate.request().text == answer)
        #expect(shop.gate.faults(about: "service-upstream").isEmpty == (annotations.values.first != "yes"))
    }

    @Test func `leaves a headless Service with its endpoints, and says so`() throws {
        let shop = try Shop(["service-upstream": "true"], address: "None")
        #expect(try shop.gate.request().text == "pod")
        #expect(shop.gate.diagnostics.contains { $0.fault.contains("no cluster address") })
    }

    @Test func `knows one endpoint, so nothing is tried elsewhere`() throws {
        let shop = try Shop(["service-upstream": "true", "affinity": "cookie"])
        shop.cluster.stop()
        #expect(try shop.gate.request().status == 502)
        #expect(shop.pod.requests.isEmpty)
    }
}
