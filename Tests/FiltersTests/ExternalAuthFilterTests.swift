import Bytes
import Foundation
import HTTP
import Model
import Testing

@testable import Filters

@Suite struct `External authentication` {
    static let destination = Destination(
        upstream: UpstreamID("auth:auth.example:80"), host: "auth.example", target: "/check?u=$uri")

    static func filter(_ change: (inout ExternalAuth) -> Void = { _ in }) throws -> ExternalAuthFilter {
        var policy = ExternalAuth(destination: destination)
        change(&policy)
        return try ExternalAuthFilter(
            policy, Template.Constants(Given.route(), host: VirtualHost(name: .any, origin: .builtIn)))
    }

    /// The question as lines; nil when it can't be put.
    static func question(
        _ filter: ExternalAuthFilter, about head: borrowing RequestHead, _ context: RequestContext = Given.context()
    ) -> [String]? {
        var scratch = FilterScratch()
        guard filter.prepare(head, context, nil, &scratch) else { return nil }
        let bound = filter.bound(head, context, scratch)
        var buffer = ByteBuffer(capacity: bound)
        filter.append(head, context, ForwardedHeaders(ForwardingSettings()), scratch, to: &buffer)
        return buffer.readable.text().components(separatedBy: "\r\n")
    }

    @Test func `asks by one head, with what the proxy knows in place of what the client claims`() throws {
        let lines = try #require(
            Self.question(
                try Self.filter(),
                about: Given.head("/a?b", ["X-Forwarded-Host: evil", "X-Original-URL: evil", "Cookie: c"])))
        #expect(lines.first == "GET /check?u=/a HTTP/1.1")
        #expect(lines.suffix(2) == ["", ""])
        #expect(lines.contains("X-Original-URL: http://shop.example/a?b"))
        #expect(lines.contains("Cookie: c"))
        #expect(!lines.contains { $0.hasSuffix("evil") })
    }

    @Test func `believes a trusted hop's fields but the scheme`() throws {
        let head = Given.head("/", ["X-Forwarded-Host: shop.example.com", "X-Forwarded-Proto: https"])
        let lines = try #require(
            Self.question(try Self.filter { $0.tellsOriginalTarget = true }, about: head, Given.context(trusting: true))
        )
        #expect(lines.contains("X-Forwarded-Host: shop.example.com"))
        #expect(lines.contains("X-Scheme: https"))
        #expect(!lines.contains { $0.hasPrefix("X-Forwarded-Proto") })
    }

    @Test func `tells of the client's certificate, and never what a client says of one`() throws {
        let context = Given.context(secure: true)
        context.identity = ClientIdentity(
            ClientCertificate(trust: nil, origin: .builtIn), .success, subject: Array("CN=ann".utf8),
            issuer: Array("CN=ca".utf8))
        let head = Given.head("/", ["ssl-client-subject-dn: CN=root"])
        let lines = try #require(Self.question(try Self.filter(), about: head, context))
        #expect(lines.contains("ssl-client-verify: SUCCESS"))
        #expect(lines.filter { $0.hasPrefix("ssl-client-subject-dn") } == ["ssl-client-subject-dn: CN=ann"])
        #expect(lines.contains("X-Original-URL: https://shop.example/"))
    }

    @Test func `has room for the longest heads`() throws {
        let long = String(repeating: "a", count: 3500)
        let filter = try Self.filter {
            $0.tellsOriginalTarget = true
            $0.fields = [.init(name: "X-Again", value: "$request_uri$http_x_long")]
        }
        let head = Given.head(
            "/\(long)?\(long)", ["X-Long: \(long)", "X-Request-ID: \(long)", "X-Forwarded-For: \(long)"])
        #expect(Self.question(filter, about: head) != nil)
    }

    @Test func `can't be put when what is configured does not fit`() throws {
        let filter = try Self.filter {
            $0.fields = [.init(name: "X-Again", value: String(repeating: "$request_uri", count: 20))]
        }
        #expect(Self.question(filter, about: Given.head("/\(String(repeating: "a", count: 4000))")) == nil)
    }

    @Test(arguments: ["Content-Length", "Connection", "a b", ""])
    func `cannot be compiled with fields that frame messages`(name: String) throws {
        #expect(throws: FilterError.self) { try Self.filter { $0.fields = [.init(name: name, value: "x")] } }
        #expect(throws: FilterError.self) { try Self.filter { $0.responseFields = [name] } }
    }

    @Test(arguments: [
        (["max-age=10"], 10), (["no-store"], 0), (["public, max-age=5", "max-age=7"], 5), (["private=\"x\""], 0),
        ([], Int.max), (["max-age=x"], 0), (["MAX-AGE=3"], 3),
    ])
    func `is kept no longer than the answer allows`(directives: [String], seconds: Int) throws {
        let answer = AuthAnswer()
        for directive in directives { answer.head.headers.append(.cacheControl, value: Array(directive.utf8).span) }
        #expect(answer.freshnessSeconds == seconds)
    }
}
