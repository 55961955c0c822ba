import TestSupport
import Testing

@Suite struct `The annotation rewrite-target` {
    @Test func `puts captures of the path into the backend's path`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(
            ["rewrite-target": "/$2"], path: "/something(/|$)(.*)", pathType: "ImplementationSpecific", origin: origin)
        for (asked, given) in [
            ("/something", "/"), ("/something/", "/"), ("/something/new", "/new"), ("/something/a?b=c", "/a?b=c"),
        ] {
            #expect(try gate.request(asked).status == 200)
            #expect(origin.requests.last?.target == given)
        }
    }

    @Test func `leaves paths alone when it is absent`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate([:], path: "/something", origin: origin)
        #expect(try gate.request("/something/new").status == 200)
        #expect(origin.requests.last?.target == "/something/new")
    }

    @Test func `is left out with a warning when its value is unusable`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(["rewrite-target": "/a b;c"], path: "/something", origin: origin)
        #expect(!gate.faults(about: "rewrite-target").isEmpty)
        #expect(try gate.request("/something").status == 200)
        #expect(origin.requests.last?.target == "/something")
    }
}

@Suite struct `The annotation app-root` {
    @Test(arguments: [
        (["app-root": "/start"], 302, "http://shop.example/start"), ([:], 200, nil), (["app-root": "start"], 200, nil),
    ])
    func `redirects the root path`(annotations: [String: String], status: Int, location: String?) throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let gate = try Gate(annotations, origin: origin)
        let answer = try gate.request("/")
        #expect(answer.status == status)
        #expect(answer["Location"] == location)
        #expect(gate.faults(about: "app-root").isEmpty == (annotations["app-root"] != "start"))
    }
}
