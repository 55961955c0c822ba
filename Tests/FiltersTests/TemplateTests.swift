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
    ])
    func `gives the value of variables`(text: String, value: String) throws {
        let head = Given.head(
            "/a%20b//c?Q=1&q=2&z", host: "Shop.Example:8080", method: "PUT",
            [
                "X-Team: blue", "User-Agent: curl", "Accept: a", "Accept: b", "Cookie: a=b; sid=s3cret",
                "Content-Type: text/plain",
            ])
        #expect(try Self.evaluate(text, head, Given.context(port: 8080)) == value)
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

    @Test(arguments: ["no_such", "http_", "arg_", "cookie_", "binary_remote_addr", "0", "Host"])
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
