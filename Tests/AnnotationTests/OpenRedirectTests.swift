import TestSupport
import Testing

/// Redirects whose target holds what the client sent lead nowhere but to the host that was asked.
@Suite struct `A redirect of a snippet` {
    @Test(arguments: [
        ("return 301 $request_uri;", "//evil.example/x", "http://shop.example//evil.example/x"),
        ("return 302 $arg_to;", "/?to=//evil.example", "http://shop.example//evil.example"),
        ("return 302 $arg_to;", "/?to=/\\evil.example", "http://shop.example/%5Cevil.example"),
        ("set $to $uri; return 302 $to;", "/%5Cevil.example", "http://shop.example/%5Cevil.example"),
        ("return 301 /$arg_to;", "/?to=/evil.example", "http://shop.example//evil.example"),
        ("rewrite ^/go(.*)$ $1? redirect;", "/go.evil.example/", "http://shop.example/.evil.example/"),
        ("rewrite ^/go(.*)$ $1? permanent;", "/go@evil.example", "http://shop.example/@evil.example"),
        ("rewrite ^/go(.*)$ $arg_to? redirect;", "/go?to=//evil.example", "http://shop.example//evil.example"),
        ("rewrite ^/go/(.*)$ https://cdn.example/$1? redirect;", "/go/@evil", "https://cdn.example/@evil"),
    ])
    func `stays on the host that was asked`(snippet: String, target: String, location: String) throws {
        let gate = try `configuration-snippet`.gate(snippet)
        #expect(try gate.request(target)["Location"] == location)
        #expect(gate.diagnostics.isEmpty)
    }

    @Test(arguments: [
        ("return 301 $request_uri;", "//evil.example/x", "/.//evil.example/x"),
        ("return 301 /$arg_to;", "/?to=/evil.example", "/.//evil.example"),
        ("return 301 $request_uri;", "/a/b?c", "/a/b?c"),
        ("rewrite ^/go(.*)$ $1? redirect;", "/go.evil.example", "/.evil.example"),
        ("rewrite ^/go(.*)$ $arg_to? redirect;", "/go?to=//evil.example", "/.//evil.example"),
    ])
    func `names no host where redirects are relative`(snippet: String, target: String, location: String) throws {
        let gate = try `configuration-snippet`.gate(snippet, and: ["relative-redirects": "true"])
        #expect(try gate.request(target)["Location"] == location)
    }
}
