import ControlPlane
import Kubernetes
import Testing
import Translation

@testable import gatehouse

@Suite struct `A migration report` {
    static func report(_ ingresses: [(name: String, path: String, annotations: [String: String])]) -> MigrationReport {
        let yaml = ingresses.map { ingress in
            let lines = ingress.annotations.sorted { $0.key < $1.key }.map {
                "    nginx.ingress.kubernetes.io/\($0.key): \"\($0.value)\"\n"
            }.joined()
            return """
                apiVersion: networking.k8s.io/v1
                kind: Ingress
                metadata:
                  name: \(ingress.name)
                  namespace: store
                  annotations:
                    other.example/x: y
                \(lines)spec:
                  ingressClassName: nginx
                  rules:
                  - host: shop.example
                    http:
                      paths:
                      - {path: \(ingress.path), pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}

                """
        }.joined(separator: "---\n")
        var set = ManifestSet()
        set.put(ManifestDecoder().decode(Array((yaml + Given.service("web")).utf8), path: "shop.yaml"))
        let options = TranslationOptions()
        return MigrationReport(
            Array(set.store.ingresses.all), prefix: options.annotationPrefix,
            Configuration.translate(set, options).diagnostics)
    }

    @Test func `calls what acts as before identical`() {
        let report = Self.report([("a", "/", ["proxy-body-size": "8m", "proxy-read-timeout": "5"])])
        #expect(report.counts == .init(identical: 1))
        #expect(report.ingresses[0].annotations.map(\.verdict) == [.identical, .identical])
        #expect(!report.fails)
    }

    @Test func `names differences, and passes`() {
        let report = Self.report([
            ("a", "/", ["http2-push-preload": "true", "configuration-snippet": "more_set_headers 'A: b';"])
        ])
        #expect(report.counts == .init(differs: 1))
        #expect(report.ingresses[0].annotations.allSatisfy { $0.verdict == .differs && !$0.notes.isEmpty })
        #expect(!report.fails)
    }

    @Test(arguments: [
        ["proxy-body-size": "lots"], ["configuration-snippet": "limit_req zone=a;"],
        ["enable-modsecurity": "true"], ["custom-headers": "store/none"],
    ])
    func `fails for what isn't honoured`(annotations: [String: String]) throws {
        let report = Self.report([("a", "/", annotations)])
        #expect(report.counts == .init(notHonoured: 1))
        #expect(report.fails)
        #expect(try #require(report.ingresses[0].annotations.first).notes.isEmpty == false)
    }

    @Test func `spells out what regular expressions of one do to another`() throws {
        let report = Self.report([("a", "/a", [:]), ("b", "/b", ["use-regex": "true"])])
        let neighbour = try #require(report.ingresses.first { $0.ingress == "store/a" })
        #expect(neighbour.verdict == .differs)
        #expect(neighbour.notes.contains { $0.contains("store/b") && $0.contains("also matches /ax") })
    }

    @Test func `calls Ingresses identical whose Services and Secrets are elsewhere`() throws {
        var set = ManifestSet()
        let tls = "  tls: [{hosts: [shop.example], secretName: absent}]\n  rules:"
        set.put(
            ManifestDecoder().decode(Array(Given.shop.replacing("  rules:", with: tls).utf8), path: "shop.yaml"))
        let options = TranslationOptions()
        let report = MigrationReport(
            Array(set.store.ingresses.all), prefix: options.annotationPrefix,
            Configuration.translate(set, options).diagnostics)
        let entry = try #require(report.ingresses.first)
        #expect(entry.verdict == .identical)
        #expect(entry.notes.count == 3)
        #expect(entry.notes.contains { $0.contains("there is no Secret store/absent") })
    }

    @Test func `is text, JSON and a page without foreign markup`() throws {
        let report = Self.report([("a", "/", ["proxy-body-size": "<script>", "nonsense": "x"])])
        #expect(report.text.contains("store/a: not honoured"))
        #expect(report.text.contains("nonsense: differs"))
        #expect(try report.json().contains("\"notHonoured\" : 1"))
        #expect(!report.html.contains("<script>") && report.html.contains("&lt;script&gt;"))
        #expect(report.summary == "1 Ingress: 0 identical, 0 with differences, 1 with something that isn't honoured")
    }
}
