import Foundation
import TestSupport
import Testing

@Suite struct `log-format-upstream` {
    /// The line of one request, in a format.
    static func line(
        _ format: String, _ target: String = "/", _ fields: [String] = [], escapesJSON: Bool = false,
        annotations: [String: String] = [:]
    ) throws -> String? {
        let origin = try ScriptedOrigin(answering: "ok", fields: ["X-Version: 7", "X-Version: 8"])
        let gate = try Gate(
            annotations, origin: origin,
            configMap: ["log-format-upstream": format, "log-format-escape-json": "\(escapesJSON)"])
        _ = try gate.request(target, fields)
        return try gate.accessLogLines().first
    }

    @Test(arguments: [
        ("$http_x_forwarded_for|$http_none", "192.0.2.1, 192.0.2.2|-"), ("$upstream_http_x_version", "7, 8"),
        ("$sent_http_x_version $sent_http_none", "7, 8 -"), ("$cookie_tier $cookie_none", "gold -"),
        ("$arg_a $arg_none $is_args$args", "1 - ?a=1&b=2"), ("$remote_user", "ann"), ("$server_addr", "127.0.0.1"),
        ("[$https] $ssl_protocol $ssl_client_verify", "[-] - -"), ("$hostname", "gate-machine"),
        ("$namespace/$ingress_name/$service_name", "shop/web/web"), ("$request_body $geoip2_city", "- -"),
    ])
    func `knows the variables`(format: String, line: String) throws {
        let written = try Self.line(
            format, "/?a=1&b=2",
            [
                "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2", "Cookie: x=y; tier=gold",
                "Authorization: Basic YW5uOnNlY3JldA==",
            ])
        #expect(written == line)
    }

    @Test(arguments: [
        ([:], "http http shop.example shop.example:81"),
        (["use-forwarded-headers": "true"], "http https shop.example front.example"),
    ])
    func `tells what is believed of whoever is in front`(configMap: [String: String], line: String) throws {
        let format = "$scheme $pass_access_scheme $host $best_http_host"
        let gate = try Gate(
            [:], origin: ScriptedOrigin(answering: "ok"),
            configMap: configMap.merging(["log-format-upstream": format]) { $1 })
        let fields = ["X-Forwarded-Proto: https", "X-Forwarded-Host: front.example"]
        #expect(try gate.request(host: "shop.example:81", fields).status == 200)
        #expect(try gate.accessLogLines() == [line])
    }

    @Test func `tells connections apart`() throws {
        let gate = try Gate(
            ["configuration-snippet": "add_header X-Connection $connection always;"],
            origin: ScriptedOrigin(answering: "ok"), configMap: ["log-format-upstream": "$connection"], workers: 2)
        var numbers: [String] = []
        for _ in 0..<8 {
            let client = try gate.client()
            let number = try #require(try client.request("/")["X-Connection"])
            #expect(try client.request("/")["X-Connection"] == number)
            numbers.append(number)
        }
        #expect(Set(numbers).count == 8 && !numbers.contains("0"))
        #expect(try gate.accessLogLines().sorted() == (numbers + numbers).sorted())
    }

    @Test func `says NONE of clients that nobody asks for a certificate`() throws {
        let gate = try Gate(
            manifests: [
                Manifests.ingress([
                    "configuration-snippet": "add_header X-Verified \"[$ssl_client_verify]\" always;",
                    "ssl-redirect": "false",
                ])
            ], origins: ["web": [ScriptedOrigin(answering: "ok")]], speaksTLS: true)
        #expect(try gate.secureClient(TLSOptions("shop.example")).request("/")["X-Verified"] == "[NONE]")
        #expect(try gate.request("/")["X-Verified"] == "[]")
    }

    @Test func `tells of the client's TLS connection`() throws {
        let shop = try MutualShop(
            [:],
            configMap: [
                "log-format-upstream": "$https $ssl_protocol $ssl_server_name $ssl_client_verify $ssl_client_s_dn"
            ])
        #expect(try shop.request(as: MutualShop.client).status == 200)
        let line = try #require(try shop.gate.accessLogLines().first)
        #expect(line.hasPrefix("on TLSv1."))
        #expect(line.contains(" shop.example SUCCESS ") && line.contains("CN=web-client"))
    }

    @Test func `is told of TLS as templates are`() throws {
        let snippet = """
            proxy_set_header X-TLS "$ssl_protocol $ssl_server_name $ssl_client_verify $ssl_client_serial";
            """
        let shop = try MutualShop(["configuration-snippet": snippet])
        #expect(try shop.request(as: MutualShop.client).status == 200)
        let told = try #require(shop.origin.requests.first?["X-TLS"])
        #expect(told.hasPrefix("TLSv1.") && told.hasSuffix(" shop.example SUCCESS 07"))
    }

    @Test func `is not told of in a path that says access_log off`() throws {
        for snippet in [
            ["configuration-snippet": "access_log off;"], ["server-snippet": "access_log off;"],
            ["server-snippet": "location = / { access_log off; return 204; }"],
        ] {
            #expect(try Self.line("$status", annotations: snippet) == nil)
        }
    }

    @Test(arguments: [
        "if ($arg_quiet) { access_log off; } if ($arg_loud) { set $x 1; }",
        "if ($arg_quiet) { access_log off; return 204; } if ($arg_loud) { return 204; }",
    ])
    func `is not told of requests whose last branch says access_log off`(snippet: String) throws {
        let location = "location = /in { \(snippet) return 200 in; }"
        let gate = try Gate(
            ["configuration-snippet": snippet, "server-snippet": location],
            origin: ScriptedOrigin(answering: "ok"), configMap: ["log-format-upstream": "$request_uri"])
        #expect(gate.diagnostics.isEmpty, "\(gate.diagnostics)")
        let client = try gate.client()
        for target in ["/a", "/b?quiet=1", "/c?loud=1", "/d?quiet=0", "/in", "/in?quiet=1", "/in?loud=1"] {
            #expect(try client.request(target).status < 300)
        }
        #expect(try gate.accessLogLines() == ["/a", "/c?loud=1", "/d?quiet=0", "/in", "/in?loud=1"])
    }

    @Test func `is told of requests whose later branch says nothing of the log`() throws {
        let gate = try Gate(
            ["configuration-snippet": "if ($arg_quiet) { access_log off; } if ($arg_loud) { set $x 1; }"],
            origin: ScriptedOrigin(answering: "ok"), configMap: ["log-format-upstream": "$request_uri"])
        for target in ["/a?quiet=1&loud=1", "/b?quiet=1"] { #expect(try gate.request(target).status == 200) }
        #expect(try gate.accessLogLines() == ["/a?quiet=1&loud=1"])
    }

    @Test func `is told of branches whose access_log names a file, with a note`() throws {
        let gate = try Gate(
            ["configuration-snippet": "if ($arg_a) { access_log /var/log/a.log; }"],
            origin: ScriptedOrigin(answering: "ok"), configMap: ["log-format-upstream": "$request_uri"])
        #expect(try gate.request("/?a=1").status == 200)
        let faults = gate.faults(about: "configuration-snippet")
        #expect(faults.count == 1 && faults[0].contains("access_log has no effect"), "\(faults)")
        #expect(try gate.accessLogLines() == ["/?a=1"])
    }
}
