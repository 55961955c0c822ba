import Foundation
import TestSupport
import Testing

@Suite struct `The command migrate` {
    static func migrate(_ annotations: [String: String], _ options: String...) throws -> Command {
        let manifest = Manifest.site("shop", annotations: annotations)
        return try Command.run(Products.gatehouse, ["migrate", "-f", "-"] + options, input: manifest)
    }

    @Test(arguments: [
        ([:], 0), (["proxy-body-size": "8m"], 0), (["limit-rps": "5"], 0), (["enable-modsecurity": "true"], 1),
        (["proxy-body-size": "lots"], 1), (["configuration-snippet": "limit_req zone=x;"], 1),
    ])
    func `ends with 1 when something isn't honoured`(annotations: [String: String], status: Int) throws {
        let result = try Self.migrate(annotations)
        #expect(Int(result.status) == status)
        #expect(result.output.contains("default/shop: "))
    }

    @Test func `says what differs`() throws {
        let result = try Self.migrate(["limit-rps": "5", "use-regex": "true"])
        #expect(result.output.contains("limit-rps: differs"))
        #expect(result.errors.contains("1 Ingress: "))
    }

    @Test func `prints JSON and a page`() throws {
        let json = try Self.migrate(["limit-rps": "5"], "--format", "json")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((report["ingresses"] as? [Any])?.count == 1)
        let page = try Self.migrate(["limit-rps": "5"], "--format", "html")
        #expect(page.output.hasPrefix("<!DOCTYPE html>") && page.output.hasSuffix("</html>\n"))
    }

    @Test func `tells of Ingresses that cannot be read, and of files`() throws {
        let older = Manifest.site("shop").replacing("networking.k8s.io/v1", with: "extensions/v1beta1")
        let result = try Command.run(Products.gatehouse, ["migrate", "-f", "-"], input: older)
        #expect(result.status == 1)
        #expect(result.output.contains("default/shop: not honoured"))
        #expect(result.output.contains("move the object to networking.k8s.io/v1"))
        let missing = try Command.gatehouse("migrate", "-f", "missing.yaml")
        #expect(missing.status == 1)
        #expect(missing.output == "rejected: missing.yaml: can't be read: No such file or directory\n")
    }

    @Test func `refuses a wrong call with 2`() throws {
        #expect(try Command.gatehouse("migrate").status == 2)
        #expect(try Command.gatehouse("migrate", "-f", "-", "--format", "xml").status == 2)
    }
}
