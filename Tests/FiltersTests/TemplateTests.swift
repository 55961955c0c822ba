import Bytes
import Filters
import HTTP
import Model
import Pattern
import Testing

@Suite struct `A template` {
    static func evaluate(
        _ text: String, _ head: borrowing RequestHead, _ context: RequestContext = Given.context()
    ) throws -> String {
        let route = Given.route()
        let host = VirtualHost(name: .exact("shop.example"), origin: .builtIn)
        let template = try Template(text, Template.Constants(route, host: host))
        var buffer = ByteBuffer(capacity: 4096)
        let fits = template.append(for: head, context, Captures(), to: &buffer)
        try #require(fits)
        return buffer.readable.text()
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("$host", "shop.example"), ("$http_host", "Shop.Example:8080"),
        ("$request_uri", "/a%20b//c?Q=1&q=2&z"), ("$uri|$document_uri", "/a b/c|/a b/c"),
        ("$args", "Q=1&q=2&z"), ("x$is_args$query_string", "x?Q=1&q=2&z"), ("$scheme://", "http://"),
        ("[$https]", "[]"), ("$remote_addr", "192.0.2.7"), ("$request_method", "PUT"), ("$server_port", "8080"),
        ("$server_protocol", "HTTP/1.1"), ("$http_x_team", "blue"), ("$http_user_agent", "curl"),
        ("$http_absent", ""), ("$http_accept", "a, b"), ("$cookie_sid", "s3cret"), ("$cookie_none", ""),
        ("$arg_q", "1"), ("$arg_z", ""), ("$arg_none", ""),
        ("$namespace/$ingress_name/$service_name:$service_port", "shop/web-ingress/web:80"),
        ("$proxy_upstream_name $proxy_host", "shop-web-80 shop-web-80"), ("$server_name", "shop.example"),
        ("$location_path", "/"), ("${host}x", "shop.examplex"), ("a$literal_dollar", "a$"),
        ("$request_id", "0123456789abcdeffedcba9876543210"), ("$1$9${2}", ""), ("$10", "0"),
        ("$service_name.$namespace.svc", "web.shop.svc"), ("$content_type", "text/plain"),
        ("$request", "PUT /a%20b//c?Q=1&q=2&z HTTP/1.1"), ("$remote_user", "alice"), ("$connection_upgrade", ""),
        ("$escaped_request_uri", "%2Fa%2520b%2F%2Fc%3FQ%3D1%26q%3D2%26z"), ("$ssl_protocol$upstream_cache_status", ""),
    ])
    func `gives the value of variables`(text: String, value: String) throws {
        let head = Given.head(
            "/a%20b//c?Q=1&q=2&z", host: "Shop.Example:8080", method: "PUT",
            [
                "X-Team: blue", "User-Agent: curl", "Accept: a", "Accept: b", "Cookie: a=b; sid=s3cret",
                "Content-Type: text/plain", "Authorization: Basic YWxpY2U6cDpx",
            ])
        #expect(try Self.evaluate(text, head, Given.context(port: 8080)) == value)
    }

    @Test(arguments: [
        "Basic", "Basic ", "Bearer YWxpY2U6cDpx", "Basic YWxpY2U", "Basic CmE6Yg==", "Basic !!!!", "Basic =",
    ])
    func `takes no user from what is no user and password`(field: String) throws {
        #expect(try Self.evaluate("[$remote_user]", Given.head("/", ["Authorization: \(field)"])) == "[]")
    }

    @Test func `knows facts beside the head`() throws {
        let variables = RequestVariables()
        variables.begin()
        variables.facts.wallSeconds = 784_111_777
        variables.facts.wallMilliseconds = 7
        variables.facts.requestTime = 1234
        variables.facts.headerTime = .max
        variables.facts.processID = 9
        variables.facts.clientPort = 4711
        variables.setUpstreamAddress { $0.append("10.0.0.1:80") }
        let text =
            "$msec $time_iso8601 $time_local $request_time [$upstream_header_time$status] $pid $remote_port "
            + "$upstream_addr"
        let template = try Template(text, .unrouted)
        #expect(template.needsVariables)
        var buffer = ByteBuffer(capacity: 4096)
        let fits = template.append(for: Given.head(), Given.context(), Captures(), variables: variables, to: &buffer)
        #expect(fits)
        #expect(
            buffer.readable.text()
                == "784111777.007 1994-11-06T08:49:37+00:00 06/Nov/1994:08:49:37 +0000 1.234 [] 9 4711 10.0.0.1:80")
    }

    @Test func `knows the client's TLS connection`() throws {
        let context = Given.context(secure: true)
        context.security = ConnectionSecurity(
            protocolName: Array("TLSv1.3".utf8), cipher: Array("AES".utf8), isResumed: true)
        #expect(
            try Self.evaluate(
                "$ssl_protocol $ssl_cipher $ssl_session_reused [$ssl_client_verify]", Given.head(), context)
                == "TLSv1.3 AES r []")
    }

    @Test func `tells a believed hop's view apart`() throws {
        let head = Given.head(
            "/",
            [
                "X-Forwarded-Host: public.example:444, x", "X-Forwarded-Proto: https", "X-Forwarded-Port: 444",
                "X-Request-ID: theirs",
            ])
        let text = "$best_http_host $pass_access_scheme $pass_port $scheme $req_id"
        #expect(
            try Self.evaluate(text, head, Given.context(trusting: true)) == "public.example:444 https 444 http theirs")
        #expect(try Self.evaluate(text, head) == "shop.example http 80 http theirs")
    }

    @Test(arguments: ["no_such", "http_", "arg_", "cookie_", "0", "Host"])
    func `refuses unknown variables by name`(name: String) {
        #expect(throws: FilterError.unknownVariable(name)) { try Self.evaluate("a $\(name) b", Given.head()) }
    }

    @Test(arguments: [("a$", 1), ("$$host", 0), ("a$-", 1), ("${host", 0), ("${}", 0), ("x${ho-st}", 1), ("$ ", 0)])
    func `refuses a dollar that names nothing`(text: String, offset: Int) {
        #expect(throws: FilterError.malformedVariable(offset: offset)) { try Self.evaluate(text, Given.head()) }
    }

    @Test func `stops when the buffer is full`() throws {
        let host = VirtualHost(name: .any, origin: .builtIn)
        let template = try Template("$http_x$http_x", Template.Constants(Given.route(), host: host))
        let head = Given.head("/", ["X: 0123456789"])
        var buffer = ByteBuffer(capacity: 19)
        let fits = template.append(for: head, Given.context(), Captures(), to: &buffer)
        #expect(!fits)
        var larger = ByteBuffer(capacity: 20)
        let fitsNow = template.append(for: head, Given.context(), Captures(), to: &larger)
        #expect(fitsNow)
    }
}
