import Bytes
import Filters
import HTTP
import Model
import Pattern
import Routing
import Testing

@Suite struct `A client certificate` {
    static let trust = TrustBundle(authorities: SealedBytes(Array("ca".utf8)), origin: .builtIn)

    static func policy(
        _ demand: ClientCertificate.Demand = .required, trust: TrustBundle? = trust, page: String? = nil,
        subject: String? = nil
    ) -> ClientCertificate {
        ClientCertificate(demand: demand, trust: trust, errorPage: page, subjectPattern: subject, origin: .builtIn)
    }

    struct Answer: Equatable {
        var verdict: Verdict
        var body = ""
        var location = ""
        var closes = false
    }

    static func decide(
        _ policy: ClientCertificate?, _ identity: ClientIdentity?, secure: Bool = true, target: String = "/"
    ) throws -> Answer {
        var host = VirtualHost(name: .exact("shop.example"), origin: .builtIn)
        if let policy { host.tls = HostTLS(clientCertificate: policy) }
        let route = Given.route()
        let context = Given.context(secure: secure)
        context.identity = identity
        var match = MatchScratch()
        var scratch = FilterScratch()
        let verdict = FilterChain.decide(
            Given.head(target), context, host: try HostFilters(host),
            route: try RouteFilters(route, host: host, settings: Settings()), lacksSlash: false, match: &match,
            scratch: &scratch)
        let text = scratch.body.readable.text()
        return Answer(
            verdict: verdict, body: text.split(separator: "<center>").last.map(String.init) ?? "",
            location: scratch.location.readable.text(), closes: scratch.closesConnection)
    }

    static func shown(
        _ verification: ClientIdentity.Verification, under policy: ClientCertificate = policy(), subject: String = ""
    ) -> ClientIdentity {
        ClientIdentity(policy, verification, subject: Array(subject.utf8))
    }

    @Test(arguments: [
        (ClientCertificate.Demand.required, ClientIdentity.Verification.success, true),
        (.required, .none, false), (.required, .failed("expired"), false),
        (.optional, .success, true), (.optional, .none, true), (.optional, .failed("expired"), false),
        (.unverified, .success, true), (.unverified, .none, true), (.unverified, .failed("expired"), false),
        (.required, .stranger("self-signed"), false), (.optional, .stranger("self-signed"), false),
        (.unverified, .stranger("self-signed"), true),
    ])
    func `lets in whom its mode says`(
        demand: ClientCertificate.Demand, verification: ClientIdentity.Verification, passes: Bool
    ) throws {
        let policy = Self.policy(demand)
        let answer = try Self.decide(policy, Self.shown(verification, under: policy))
        #expect((answer.verdict == .proceed) == passes)
        if !passes { #expect(answer.verdict == .respond(.badRequest) && answer.closes) }
    }

    @Test func `names what is wrong`() throws {
        #expect(try Self.decide(Self.policy(), Self.shown(.none)).body.isEmpty == false)
        let policy = Self.policy()
        var host = VirtualHost(name: .any, origin: .builtIn)
        host.tls = HostTLS(clientCertificate: policy)
        for (verification, text) in [
            (ClientIdentity.Verification.none, "No required SSL certificate was sent"),
            (.failed("expired"), "The SSL certificate error"),
        ] {
            let context = Given.context(secure: true)
            context.identity = ClientIdentity(policy, verification)
            var match = MatchScratch()
            var scratch = FilterScratch()
            _ = FilterChain.decide(
                Given.head("/"), context, host: try HostFilters(host), match: &match, scratch: &scratch)
            let page = scratch.body.readable.text()
            #expect(page.contains("<title>400 \(text)</title>") && page.contains("400 Bad Request"))
        }
    }

    @Test func `is asked for at plain HTTP too, behind all redirects`() throws {
        let answer = try Self.decide(Self.policy(), nil, secure: false)
        #expect(answer.verdict == .respond(.badRequest))
        #expect(try Self.decide(Self.policy(.optional), nil, secure: false).verdict == .proceed)
    }

    @Test func `that was shown to a host with other demands is no good here`() throws {
        var other = Self.policy()
        other.trust = TrustBundle(authorities: SealedBytes(Array("other".utf8)), origin: .builtIn)
        let shown = Self.shown(.success, under: other)
        #expect(try Self.decide(Self.policy(), shown).verdict == .refuse(.misdirectedRequest))
        #expect(try Self.decide(Self.policy(), nil).verdict == .refuse(.misdirectedRequest))
        #expect(try Self.decide(nil, shown).verdict == .refuse(.misdirectedRequest))
        #expect(try Self.decide(Self.policy(.none), shown).verdict == .refuse(.misdirectedRequest))
        #expect(try Self.decide(Self.policy(.optional), shown).verdict == .refuse(.misdirectedRequest))
    }

    @Test func `is good for a host with the same demands, wherever they are written`() throws {
        var other = Self.policy(subject: "CN=x")
        other.origin = Origin(file: "b.yaml", line: 7, kind: "Ingress", namespace: "b", name: "b")
        #expect(try Self.decide(Self.policy(), Self.shown(.success, under: other)).verdict == .proceed)
    }

    @Test func `whose authorities can't be read keeps everybody out`() throws {
        let policy = Self.policy(trust: nil)
        for secure in [true, false] {
            #expect(try Self.decide(policy, nil, secure: secure).verdict == .refuse(.forbidden))
        }
    }

    @Test(arguments: [
        ("CN=web,O=Shop", Verdict.proceed), ("O=Shop,CN=web-2", .proceed), ("CN=app", .respond(.forbidden)),
        ("", .respond(.forbidden)),
    ])
    func `must have a subject that matches`(subject: String, verdict: Verdict) throws {
        let policy = Self.policy(subject: "CN=web")
        let answer = try Self.decide(policy, Self.shown(.success, under: policy, subject: subject))
        #expect(answer.verdict == verdict)
        if verdict != .proceed { #expect(answer.body == "client certificate unauthorized") }
    }

    @Test func `must have a subject that matches at plain HTTP too`() throws {
        let policy = Self.policy(.optional, subject: "CN=web")
        #expect(try Self.decide(policy, nil, secure: false).verdict == .respond(.forbidden))
    }

    @Test func `that is missing sends to the error page`() throws {
        let policy = Self.policy(page: "https://example.com/none")
        let answer = try Self.decide(policy, Self.shown(.none, under: policy))
        #expect(answer == Answer(verdict: .redirect(.found), location: "https://example.com/none"))
        let path = Self.policy(page: "/none")
        #expect(try Self.decide(path, Self.shown(.none, under: path)).location == "/none")
        #expect(try Self.decide(path, Self.shown(.none, under: path), target: "/none").verdict == .proceed)
        #expect(try Self.decide(path, Self.shown(.none, under: path), target: "/none/x").verdict == .redirect(.found))
    }

    @Test func `is told to the upstream in fields that are never the client's`() throws {
        var policy = Self.policy(.unverified)
        policy.passesCertificate = true
        let identity = ClientIdentity(
            policy, .failed("self signed\r\n"), subject: Array("CN=a\r\nX: y".utf8), issuer: Array("CN=b".utf8),
            certificate: Array("-----BEGIN A-----\n+/=\n".utf8))
        let forged = ["ssl-client-verify: SUCCESS", "SSL-Client-Cert: x", "ssl-client-subject-dn: CN=root"]
        #expect(
            Self.forwarded(identity, forged) == [
                "ssl-client-verify: FAILED:self signed??", "ssl-client-subject-dn: CN=a??X: y",
                "ssl-client-issuer-dn: CN=b", "ssl-client-cert: -----BEGIN%20A-----%0A%2B%2F%3D%0A",
            ])
        #expect(Self.forwarded(nil, forged) == [])
        #expect(Self.forwarded(Self.shown(.none), forged) == ["ssl-client-verify: NONE"])
    }

    static func forwarded(_ identity: ClientIdentity?, _ fields: [String]) -> [String] {
        let head = Given.head("/", fields)
        let context = Given.context(secure: true)
        context.identity = identity
        let headers = ForwardedHeaders(ForwardingSettings())
        let host = ByteBuffer()
        var buffer = ByteBuffer(capacity: headers.bound(head, context, host: host))
        headers.append(head, context, host: host, to: &buffer)
        return buffer.readable.text().split(separator: "\r\n").map(String.init).filter {
            $0.lowercased().hasPrefix("ssl-client")
        }
    }
}

@Suite struct `A host that can't be compiled` {
    @Test func `refuses everything`() {
        var match = MatchScratch()
        var scratch = FilterScratch()
        let verdict = FilterChain.decide(
            Given.head("/"), Given.context(), host: .refusing, match: &match, scratch: &scratch)
        #expect(verdict == .refuse(.internalServerError))
    }
}
