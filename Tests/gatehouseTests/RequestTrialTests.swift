import Routing
import Testing

@testable import gatehouse

@Suite struct `Request trial` {
    private func report(
        _ url: String, _ yaml: String, method: String = "GET", fields: [String] = []
    ) throws -> ExplainReport {
        let configuration = Given.configuration(
            yaml, overrides: ["store/api:80=127.0.0.1:9000", "web=127.0.0.1:9001"])
        let probe = ProbeRequest(method: method, url: url, fields: fields)
        return try RequestTrial(configuration: configuration, probe: probe).report()
    }

    private let everything = Given.shop + Given.service("web") + Given.service("api") + Given.rewriting

    @Test func `names host, route, upstream and policies`() throws {
        let report = try report("http://shop.example/api/users?x=1", everything)
        #expect(report.outcome == .init(kind: .forwarded, text: "forwarded to store-api-80"))
        #expect(report.host?.name == "shop.example")
        #expect(report.route?.match == "prefix /api")
        #expect(report.route?.origin.description == "shop.yaml:15: Ingress store/shop")
        #expect(report.policies == ["body limit 8388608 bytes"])
        #expect(report.upstream?.endpoints == ["127.0.0.1:9000"])
        #expect(report.forwarded?.target == "/api/users?x=1")
        #expect(report.otherRoutes.map(\.match) == ["prefix /"])
        #expect(report.otherRoutes.map(\.whyNot) == ["a prefix of 4 bytes comes before one of 1"])
    }

    @Test func `shows where each annotation is written, and no secret`() throws {
        let yaml = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: shown
              namespace: store
              annotations:
                other.example/x: y
                nginx.ingress.kubernetes.io/auth-signin: https://ann:pass@login.example/start
                nginx.ingress.kubernetes.io/configuration-snippet: |
                  proxy_set_header Authorization "Basic c2VjcmV0";
                  more_set_headers "X-A: b";
            spec:
              ingressClassName: nginx
              rules:
              - host: shown.example
                http:
                  paths:
                  - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}

            """
        let report = try report("http://shown.example/", yaml + Given.service("web"))
        #expect(
            report.annotations.map { "\($0.name) \($0.value) \($0.origin.line ?? 0)" } == [
                "auth-signin https://…@login.example/start 8", "configuration-snippet 2 lines 9",
            ])
        #expect(report.text.contains("  configuration-snippet: 2 lines  # shop.yaml:9: Ingress store/shown"))
        #expect(report.text.contains("request header Authorization: …"))
        #expect(!report.text.contains("ann:pass") && !report.text.contains("c2VjcmV0"))
    }

    @Test(arguments: [
        ("/?no=1", 403, "what the host has for /sorry"), ("/gone", 503, "location @gone"),
        ("/away", 401, "a redirect with 302 to https://…@login.example/"), ("/?text=1", 403, nil), ("/", nil, nil),
        ("/?other=1", 404, nil),
    ])
    func `says what error_page has answer in place of an own answer`(target: String, status: Int?, page: String?) throws
    {
        let yaml = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata:
              name: erring
              namespace: store
              annotations:
                nginx.ingress.kubernetes.io/configuration-snippet: |
                  error_page 403 /sorry;
                  error_page 503 =200 @gone;
                  error_page 401 https://ann:pass@login.example/;
                  if ($arg_no) { return 403; }
                  if ($arg_text) { return 403 "a text stands for itself"; }
                  if ($arg_other) { return 404; }
                  if ($uri = /away) { return 401; }
                nginx.ingress.kubernetes.io/server-snippet: |
                  location @gone { return 200 gone; }
            spec:
              ingressClassName: nginx
              rules:
              - host: erring.example
                http:
                  paths:
                  - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
                  - {path: /gone, pathType: Prefix, backend: {service: {name: gone, port: {number: 80}}}}

            """
        let report = try report("http://erring.example\(target)", yaml + Given.service("web") + Given.service("gone"))
        #expect(report.outcome.status == status && report.outcome.errorPage == page)
        #expect(report.text.contains("error_page has something else answer instead: \(page ?? "")") == (page != nil))
        #expect(!report.text.contains("ann:pass"))
    }

    @Test func `shows groups and the rewritten target`() throws {
        let report = try report("http://old.example/API/users/1", everything)
        #expect(report.groups == ["/", "users/1"])
        #expect(report.forwarded?.target == "/users/1")
        #expect(report.policies.contains("rewrite to /$2 where /api(/|$)(.*)"))
    }

    @Test func `says what is answered without a backend`() throws {
        #expect(try report("http://other.example/", everything).outcome.status == 404)
        #expect(try report("http://old.example/x", everything).outcome.status == 404)
        #expect(try report("http://shop.example/%2e%2e/", everything).outcome.status == 400)
        #expect(try report("http://shop.example/", everything, method: "TRACE").outcome.status == 405)
        let framed = try report("http://shop.example/", everything, fields: ["Content-Length: 1", "Content-Length: 1"])
        #expect(framed.outcome.status == 400)
        let large = try report("http://shop.example/", everything, fields: ["Content-Length: 8388609"])
        #expect(large.outcome.status == 413)
        let lonely = try report("http://shop.example/", Given.shop.replacing("name: web", with: "name: gone"))
        #expect(lonely.outcome.status == 503)
    }

    @Test func `gives redirects with their location`() throws {
        let moved = Given.shop.replacing(
            "proxy-body-size: 8m", with: "permanent-redirect: https://new.example/")
        let report = try report("http://shop.example/", moved + Given.service("web"))
        #expect(report.outcome.status == 301)
        #expect(report.outcome.location == "https://new.example/")
        let root = Given.shop.replacing("proxy-body-size: 8m", with: "app-root: /start") + Given.service("web")
        #expect(try self.report("http://shop.example:8080/", root).outcome.location == "http://shop.example:8080/start")
        #expect(try self.report("http://shop.example/x", root).outcome.location == nil)
    }

    @Test func `follows rules that have a route searched again`() throws {
        let snippet = """
            nginx.ingress.kubernetes.io/server-snippet: |
                  set $who old;
                  rewrite ^/start$ /api/moved?who=$who last;
            """
        let moved = Given.shop.replacing("nginx.ingress.kubernetes.io/proxy-body-size: 8m", with: snippet)
        let report = try report("http://shop.example/start", moved + Given.service("api") + Given.service("web"))
        #expect(report.outcome.text == "forwarded to store-api-80")
        #expect(report.request.path == "/start")
        #expect(report.rewrites == ["/api/moved?who=old"])
        #expect(report.text.contains("  rewritten   /api/moved?who=old"))
        #expect(report.forwarded?.target == "/api/moved?who=old")
    }

    @Test func `ends with 500 where rules lead in circles`() throws {
        let snippet = """
            nginx.ingress.kubernetes.io/configuration-snippet: |
                  rewrite ^(.*)$ $1x last;
            """
        let circle = Given.shop.replacing("nginx.ingress.kubernetes.io/proxy-body-size: 8m", with: snippet)
        let report = try report("http://shop.example/", circle + Given.service("web"))
        #expect(report.outcome.status == 500)
        #expect(report.rewrites.count == 10)
    }

    @Test func `repeats what check finds in the same objects`() throws {
        let typo = everything.replacing("proxy-body-size: 8m", with: "proxy-body-sise: 8m")
        #expect(try report("http://shop.example/", typo).findings.count == 1)
        #expect(try report("http://old.example/api", typo).findings.allSatisfy { $0.origin.name == "old" })
    }

    @Test func `refuses a question that makes no sense`() throws {
        #expect(throws: ProbeError.badURL("/x")) { try report("/x", everything) }
    }

    @Test func `is printed for people`() throws {
        let text = try report("http://shop.example/api/users", everything).text
        #expect(
            text == """
                GET http://shop.example/api/users
                  is forwarded to store-api-80

                Looked up
                  name        shop.example
                  path        /api/users

                Host shop.example
                  evidence    the name itself
                  written at  shop.yaml:11: Ingress store/shop

                Route prefix /api
                  evidence    a prefix of 4 bytes
                  written at  shop.yaml:15: Ingress store/shop

                Annotations
                  proxy-body-size: 8m  # shop.yaml:7: Ingress store/shop

                Policies, in the order in which they act
                  body limit 8388608 bytes

                Upstream store-api-80
                  written at  shop.yaml:15: Ingress store/shop
                  balancing   round_robin
                  endpoints   127.0.0.1:9000
                  is asked    GET /api/users
                  with Host   shop.example

                Other routes of the host
                  prefix /  # shop.yaml:14: Ingress store/shop
                    a prefix of 4 bytes comes before one of 1

                """)
    }
}
