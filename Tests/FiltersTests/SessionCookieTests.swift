import Bytes
import Filters
import HTTP
import Model
import Testing

@Suite struct `Session cookie` {
    /// The line for a request, with `v` for a value; the time is Thu, 18 Nov 2010 11:27:35 GMT.
    private func line(
        path: String = "/", secure: Bool = false, agent: String? = nil,
        _ change: (inout SessionCookie) -> Void = { _ in }
    ) -> String {
        var cookie = SessionCookie()
        change(&cookie)
        let labels = RouteLabels(path: path)
        let filter = SessionCookieFilter(cookie, of: Given.route(.prefix("/"), labels: labels))
        var output = ByteBuffer(capacity: filter.bound)
        filter.beginLine(&output)
        output.append("v")
        let head = Given.head("/", agent.map { ["User-Agent: \($0)"] } ?? [])
        filter.finishLine(for: head, isSecure: secure, wallSeconds: 1_290_079_655, to: &output)
        return output.readable.text()
    }

    @Test func `has the Ingress path, and no script can read it`() {
        #expect(line(path: "/shop") == "Set-Cookie: INGRESSCOOKIE=v; Path=/shop; HttpOnly\r\n")
        #expect(line(path: "/a;b ü") == "Set-Cookie: INGRESSCOOKIE=v; Path=/a%3Bb%20%C3%BC; HttpOnly\r\n")
    }

    @Test func `has its attributes in the order of ingress-nginx`() {
        let text = line(secure: true) {
            $0.name = "route"
            $0.expires = 0
            $0.maxAge = 60
            $0.domain = "example.com"
            $0.path = "/here"
            $0.sameSite = .lax
        }
        let expected =
            "Set-Cookie: route=v; Expires=Thu, 18-Nov-10 11:27:35 GMT; Max-Age=60; Domain=example.com; Path=/here; "
            + "Secure; HttpOnly; SameSite=Lax\r\n"
        #expect(text == expected)
    }

    @Test(arguments: [
        (-1_290_079_655, "Thu, 01-Jan-70 00:00:00 GMT"), (Int.min / 4, "Thu, 01-Jan-70 00:00:00 GMT"),
        (10_000_000_000, "Sun, 09-Oct-2327 05:14:15 GMT"), (86_400 * 14, "Thu, 02-Dec-10 11:27:35 GMT"),
    ])
    func `expires when it should`(seconds: Int, date: String) {
        #expect(line { $0.expires = seconds }.contains("Expires=\(date);"))
    }

    @Test(arguments: [(false, false, false), (true, false, true), (false, true, true), (true, true, true)])
    func `is secure on encrypted connections, or always`(secure: Bool, always: Bool, expected: Bool) {
        #expect(line(secure: secure) { $0.isAlwaysSecure = always }.contains("; Secure;") == expected)
    }

    @Test(arguments: [
        ("Mozilla/5.0 (X11; Linux) Chrome/51.0.2704.103 Safari/537.36", false),
        ("Mozilla/5.0 (X11; Linux) Chrome/66.0 Safari/537.36", false),
        ("Mozilla/5.0 (X11; Linux) Chrome/80.0 Safari/537.36", true),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 12_0 like Mac OS X)", false), ("Mozilla/5.0 (iPad; CPU OS 12_1)", false),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) Version/12.0 Safari/605", false),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) Chrome/90.0 Safari/605", true), ("curl/8", true),
    ])
    func `spares old browsers what they misread`(agent: String, gets: Bool) {
        let spares: (inout SessionCookie) -> Void = {
            $0.sameSite = SessionCookie.SameSite.none
            $0.sparesOldBrowsers = true
        }
        #expect(line(agent: agent, spares).hasSuffix("; SameSite=None\r\n") == gets)
        #expect(line(agent: agent) { $0.sameSite = SessionCookie.SameSite.none }.hasSuffix("; SameSite=None\r\n"))
        // Other values mean to every browser what they say.
        #expect(
            line(agent: agent) {
                $0.sameSite = .strict; $0.sparesOldBrowsers = true
            }.contains("SameSite=Strict"))
    }
}
