import Kubernetes
import Model
import TestSupport
import Testing
import Translation

@testable import IngressDialect

/// What holds for every row of the table, from the manifest to the wire: what its default and what an unusable value do.
@Suite struct `Every annotation` {
    static let rows = AnnotationTable.ingressNginx.groups.flatMap(\.rows)
    static let names = rows.map(\.name)

    /// Values that some rows can't use.
    static let candidates = ["no \u{1} value", "{", "-", "nonsense", "%"]

    /// Rows that can use any text, or that have no effect whatever stands there.
    static let tolerant: Set<String> = [
        "auth-snippet", "configuration-snippet", "cors-allow-origin", "enable-modsecurity", "enable-owasp-core-rules",
        "enable-rewrite-log", "modsecurity-snippet", "modsecurity-transaction-id", "proxy-busy-buffers-size",
        "server-snippet", "stream-snippet",
    ]

    /// Rows whose default is what the ConfigMap or the request says, so that no value of the annotation says the same.
    static let withoutWrittenDefault: Set<String> = [
        "auth-request-redirect", "mirror-host", "proxy-request-buffering", "session-cookie-path",
        "session-cookie-secure",
    ]

    /// Rows whose default, written out, goes before what the ConfigMap or the Service says, or has a question say more.
    static let firm: Set<String> = ["auth-method", "backend-protocol", "ssl-prefer-server-ciphers"]

    private struct Mistake {
        var value: String
        var consequence: Consequence
    }

    private static func mistake(in row: Annotation) -> Mistake? {
        for value in candidates {
            var draft = IngressDraft()
            do throws(ValueFault) { try row.write(value, &draft) } catch {
                return Mistake(value: value, consequence: error.consequence ?? row.consequence)
            }
        }
        return nil
    }

    /// Another Ingress beside the one that is tried.
    private static let neighbour = Manifests.ingress([:], name: "other", host: "other.example")

    /// An Ingress with one annotation and what makes it count; without a value, one of a name that nobody knows stands
    /// in its place, so that lines are the same.
    private func gate(_ name: String, _ value: String?, _ origin: ScriptedOrigin) throws -> Gate {
        var annotations = Companions.annotations(of: name)
        annotations[name] = nil
        annotations[value == nil ? name + "!" : name] = value ?? "x"
        return try Gate(
            manifests: [Manifests.ingress(annotations), Self.neighbour],
            origins: ["web": [origin], "auth": [origin], "copies": [origin]])
    }

    @Test(arguments: names)
    func `does with an unusable value what its row says, and nothing to other Ingresses`(name: String) throws {
        let row = try #require(AnnotationTable.ingressNginx[name])
        guard let mistake = Self.mistake(in: row) else {
            #expect(Self.tolerant.contains(name), "\(name) can use whatever is written")
            return
        }
        #expect(!Self.tolerant.contains(name))
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try gate(name, mistake.value, origin)
        let without = try self.gate(name, nil, origin)
        let severities = gate.diagnostics.filter { $0.field.contains("/\(name)]") }.map(\.severity)
        let status = try gate.request().status
        switch mistake.consequence {
        case .useDefault, .dropGroup:
            #expect(severities.contains(.warning), "\(mistake) \(gate.diagnostics)")
            #expect(try status == without.request().status)
            #expect(gate.model == without.model)
        case .rejectObject: #expect(status == 404 && severities.contains(.rejected), "\(mistake) \(gate.diagnostics)")
        case .refuseRoutes: #expect(status == 503 && severities.contains(.rejected), "\(mistake) \(gate.diagnostics)")
        }
        #expect(try gate.request(host: "other.example").status == 200)
    }

    @Test(arguments: rows.filter { !$0.standard.isEmpty }.map(\.name))
    func `written out as its default does what none does`(name: String) throws {
        let row = try #require(AnnotationTable.ingressNginx[name])
        var draft = IngressDraft()
        do throws(ValueFault) { try row.write(row.standard, &draft) } catch {
            #expect(Self.withoutWrittenDefault.contains(name), "\(name): \(error.fault)")
            return
        }
        #expect(!Self.withoutWrittenDefault.contains(name))
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try gate(name, row.standard, origin)
        let without = try self.gate(name, nil, origin)
        #expect((gate.model == without.model) != Self.firm.contains(name))
        #expect(try gate.request().status == without.request().status)
        #expect(gate.diagnostics.allSatisfy { $0.severity != .rejected })
    }
}
