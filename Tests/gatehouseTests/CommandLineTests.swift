import ArgumentParser
import Kubernetes
import Model
import Testing
import Translation

@testable import gatehouse

@Suite struct `Command line` {
    @Test func `takes manifests with and without -f`() throws {
        let check = try CheckCommand.parse(["-f", "a.yaml", "b.yaml", "--manifests", "c", "--strict"])
        #expect(check.manifests.paths == ["a.yaml", "c"])
        #expect(check.more == ["b.yaml"])
        #expect(check.strict)
    }

    @Test func `has ingress-nginx's defaults`() throws {
        let options = try CheckCommand.parse(["-f", "-"]).controller.translation
        #expect(options.ingressClass == "nginx")
        #expect(options.controllerClass == "k8s.io/ingress-nginx")
        #expect(!options.servesIngressesWithoutClass)
        #expect(options.configMap?.namespace == "ingress-nginx")
        #expect(options.configMap?.name == "ingress-nginx-controller")
    }

    @Test func `hands its options to translation`() throws {
        let options = try RoutesCommand.parse([
            "-f", "x", "--ingress-class", "public", "--controller-class", "example.com/gate",
            "--watch-ingress-without-class", "--configmap", "a/b", "--backend", "shop/web:80=localhost:3000",
        ]).controller.translation
        #expect(options.ingressClass == "public")
        #expect(options.controllerClass == "example.com/gate")
        #expect(options.servesIngressesWithoutClass)
        #expect(options.configMap?.name == "b")
        #expect(options.overrides.first?.port == 3000)
    }

    @Test func `takes a URL, a method and headers to explain`() throws {
        let explain = try ExplainCommand.parse(["-f", "a", "--method", "PUT", "-H", "A: b", "-H", "C: d", "http://x/"])
        #expect(explain.method == "PUT")
        #expect(explain.headers == ["A: b", "C: d"])
        #expect(explain.rest == ["http://x/"])
    }

    @Test(arguments: [
        [], ["-f"], ["-f", "x", "--format", "yaml"], ["-f", "x", "--configmap", "a"],
        ["-f", "x", "--configmap", "a/b/c"],
        ["-f", "x", "--backend", "web"], ["-f", "x", "--no-such"],
    ])
    func `refuses a wrong call of check`(arguments: [String]) {
        #expect(throws: (any Error).self) { try CheckCommand.parse(arguments) }
    }

    @Test(arguments: [[], ["-f", "x"], ["http://x/"]])
    func `refuses a wrong call of explain`(arguments: [String]) {
        #expect(throws: (any Error).self) { try ExplainCommand.parse(arguments) }
    }

    @Test func `prints the table as JSON`() throws {
        let configuration = Given.configuration(Given.shop + Given.service("web") + Given.service("api"))
        let report = RoutesReport(configuration.model)
        #expect(report.hosts.map(\.name).first == "shop.example")
        #expect(report.hosts.first?.routes.map(\.upstream) == ["store-web-80", "store-api-80"])
        #expect(report.hosts.first?.routes.first?.service == "store/web:80")
        #expect(try report.json() == RoutesReport(configuration.model).json())
    }
}
