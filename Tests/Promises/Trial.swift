import Bytes
import Filters
import HTTP
import Model
import Pattern
import Routing

/// One route with its policies, tried with requests as an exchange would.
struct Trial: ~Copyable {
    private let host: HostFilters
    private let route: RouteFilters
    private let router: Router
    private let rules: ResponseRules
    private var match = MatchScratch()
    private var scratch = FilterScratch()
    private let variables = RequestVariables()
    private let context = RequestContext(
        peer: ClientAddress(high: 0, low: 0xFFFF_C000_0207), isSecure: false, localPort: 80, requestIDHigh: 1,
        requestIDLow: 2)

    /// Nil when the route can't be compiled.
    init?(_ route: Route, of host: VirtualHost, _ settings: Settings) {
        var alone = host
        alone.name = .any
        alone.routes = [route]
        guard let filters = try? RouteFilters(route, host: host, settings: settings),
            let hostFilters = try? HostFilters(host), let rules = try? ResponseRules(settings.response)
        else { return nil }
        self.route = filters
        self.host = hostFilters
        self.rules = rules
        router = RouterCompiler.compile([alone])
    }

    /// What is wrong with what is said to a request, or with what is passed on of it.
    mutating func brokenAnswer(to head: borrowing RequestHead) -> String? {
        var lacksSlash = false
        switch router.match(host: head.host, path: head.normalPath, scratch: &match) {
        case .route: break
        case .slashRedirect: lacksSlash = true
        case .noRoute, .noHost, .limitExceeded: return nil
        }
        variables.begin(route.variableNames)
        let verdict = FilterChain.decide(
            head, context, host: host, route: route, lacksSlash: lacksSlash, match: &match, scratch: &scratch,
            variables: variables)
        if let broken = brokenScratch() { return "\(verdict): \(broken)" }
        guard verdict == .proceed else { return brokenResponse(to: head) }
        var progress = AccessProgress()
        let right = FilterChain.authorize(
            head, context, route: route, progress: &progress, now: 0, scratch: &scratch)
        return brokenScratch().map { "\(right): \($0)" } ?? brokenForwarding(of: head) ?? brokenResponse(to: head)
    }

    private borrowing func brokenScratch() -> String? {
        if !FieldSyntax.isValue(scratch.location.readable) { return "a Location with control bytes" }
        if !FieldSyntax.isValue(scratch.host.readable) { return "a Host with control bytes" }
        return brokenLines(scratch.fields.readable)
    }

    /// The fields that the upstream gets.
    private func brokenForwarding(of head: borrowing RequestHead) -> String? {
        guard let edits = route.requestEdits else { return nil }
        var lines = ByteBuffer(capacity: 64 << 10)
        guard edits.write(head, context, variables, to: &lines) else { return nil }
        return brokenLines(lines.readable).map { "towards the upstream: \($0)" }
    }

    /// The fields that the client gets, of a response with some of its own.
    private mutating func brokenResponse(to head: borrowing RequestHead) -> String? {
        let edits = route.responseEdits
        for isSecure in [false, true] {
            let lines = edits.lines(isSecure: isSecure).bytes
            if let broken = brokenLines(lines.span) { return "to the client: \(broken)" }
        }
        guard edits.isDynamic else { return nil }
        var response = HeaderBlock()
        let text = "Content-Type: text/html\r\nSet-Cookie: a=b; Path=/\r\nX-Seen: by\r\nServer: x\r\n"
        response.append(lines: Array(text.utf8).span)
        edits.apply(
            to: &response, status: .ok, isOwn: false, isSecure: context.isSecure, rules, for: head, context, variables,
            &scratch.edits)
        for index in 0..<response.count {
            guard FieldSyntax.isName(response.name(index)), FieldSyntax.isValue(response.value(index)) else {
                return "to the client: a field that is none"
            }
        }
        return nil
    }
}

/// What is wrong with lines in wire form: a parser must find as many fields in them as there are line ends.
private func brokenLines(_ lines: Span<UInt8>) -> String? {
    if lines.isEmpty { return nil }
    var text = ByteBuffer(capacity: lines.count + 64)
    text.append("HTTP/1.1 200 OK\r\n")
    text.append(lines)
    text.append("\r\n")
    var parser = ResponseHeadParser(limits: .generous)
    var head = ResponseHead()
    guard (try? parser.parse(text.readable, into: &head)) == text.count else { return "lines that are no fields" }
    var ends = 0
    for index in lines.indices where lines[index] == UInt8(ascii: "\n") { ends += 1 }
    return head.headers.count == ends ? nil : "\(ends) lines became \(head.headers.count) fields"
}
