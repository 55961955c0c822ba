import Model
import Proxy
import TestSupport
import Testing

@Suite struct `A new model` {
    @Test func `serves new requests, while requests under way finish where they are`() throws {
        let gate = Gate()
        let old = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                if request.target == "/held" { try gate.wait() }
                try connection.respond("old")
            }
        }
        let new = try ScriptedOrigin(answering: "new")
        let rig = try ProxyRig(
            Given.model(old) { $0.headerEdits = .init(setOnResponse: [.init(name: "X-M", value: "1")]) })
        let kept = try rig.client()
        #expect(try kept.request().text == "old")
        let held = try rig.client()
        try held.send(Client.head("/held"))
        try old.waitForRequests(2)
        rig.plane.apply(Given.model(new))
        #expect(try rig.request().text == "new")
        #expect(try kept.request().text == "new", "no connection is closed")
        gate.open()
        let answer = try held.response()
        #expect(answer.text == "old")
        #expect(answer["X-M"] == "1", "a request sees one model from its first to its last byte")
        #expect(try held.request().text == "new")
    }

    @Test func `serves what is sent after it was applied, though both often meet the worker at once`() throws {
        let origins = try ["old", "new"].map { try ScriptedOrigin(answering: $0) }
        let models = origins.map { Given.model($0) }
        let rig = try ProxyRig(models[0])
        let client = try rig.client()
        for number in 0..<300 {
            rig.plane.apply(models[number % 2])
            guard try client.request().text == ["old", "new"][number % 2] else {
                Issue.record("request \(number) was served by the model before")
                return
            }
        }
    }

    @Test func `counts the requests of a host under its own name, whatever hosts come and go before it`() throws {
        let origin = try ScriptedOrigin(answering: "here")
        var model = Given.model(origin)
        let hosts = ["a", "b", "m", "z"].map { name in
            var host = model.virtualHosts[0]
            host.name = .exact(name)
            host.routes[0].labels.host = name
            return host
        }
        let rig = try ProxyRig(model)
        let client = try rig.client()
        var counts: [String: Int] = [:]
        for names in [["m"], ["a", "m"], ["a", "b", "m", "z"], ["b", "m"], ["m", "z"], ["a", "z"]] {
            model.virtualHosts = hosts.filter { host in names.contains { host.name == .exact($0) } }
            rig.plane.apply(model)
            // Hosts that went begin anew when they come back.
            counts = counts.filter { names.contains($0.key) }
            for name in names {
                counts[name, default: 0] += 1
                #expect(try client.request(host: name).text == "here")
                try eventually("the request to be counted for \(name) alone") {
                    rig.metric("nginx_ingress_controller_requests", "host=\"\(name)\"") == counts[name]
                }
            }
        }
    }

    @Test func `without an endpoint closes the idle connections to it`() throws {
        let leaving = try ScriptedOrigin(answering: "leaving")
        let staying = try ScriptedOrigin(answering: "staying")
        let rig = try ProxyRig(Given.model([Given.endpoint(leaving), Given.endpoint(staying)]))
        let client = try rig.client()
        #expect(Set(try (0..<2).map { _ in try client.request().text }) == ["leaving", "staying"])
        rig.plane.apply(Given.model([Given.endpoint(staying)]))
        try leaving.waitForFinished(1)
        for _ in 0..<4 { #expect(try client.request().text == "staying") }
        #expect(staying.connectionCount == 1, "its connection stays")
    }

    @Test func `without an endpoint closes the busy connection to it once it is idle`() throws {
        let gate = Gate()
        let leaving = try ScriptedOrigin { connection in
            _ = try connection.request()
            try gate.wait()
            try connection.respond("leaving")
            try connection.waitForEnd()
        }
        let rig = try ProxyRig(Given.model(leaving))
        let client = try rig.client()
        try client.send(Client.head())
        try leaving.waitForRequests(1)
        rig.plane.apply(ProxyModel())
        #expect(try rig.request().status == 404)
        gate.open()
        #expect(try client.response().text == "leaving")
        try leaving.waitForFinished(1)
        #expect(leaving.faults == [])
    }

    @Test func `with the endpoint again uses it again`() throws {
        let origin = try ScriptedOrigin(answering: "ok")
        let rig = try ProxyRig(Given.model(origin))
        let client = try rig.client()
        for _ in 0..<5 {
            #expect(try client.request().text == "ok")
            rig.plane.apply(Given.model([]))
            #expect(try rig.request().status == 503)
            rig.plane.apply(Given.model(origin))
            #expect(try rig.request().text == "ok")
        }
    }

    @Test func `keeps what is known of endpoints that stay`() throws {
        let bad = try ScriptedOrigin { connection in _ = try connection.request() }
        let good = try ScriptedOrigin(answering: "good")
        let settings = Given.settings {
            $0.upstream.failuresBeforeEjection = 1
            $0.upstream.ejectionTime = .seconds(60)
        }
        let endpoints = [Given.endpoint(bad), Given.endpoint(good)]
        let rig = try ProxyRig(Given.model(endpoints, settings: settings))
        for _ in 0..<4 { #expect(try rig.request().text == "good") }
        #expect(bad.connectionCount == 1)
        let more = try ScriptedOrigin(answering: "good")
        rig.plane.apply(Given.model(endpoints + [Given.endpoint(more)], settings: settings))
        for _ in 0..<6 { #expect(try rig.request().text == "good") }
        #expect(bad.connectionCount == 1, "still ejected")
        #expect(more.connectionCount > 0)
    }

    /// A hundred in a row under load: not a request fails, not a connection closes.
    @Test func `a hundred times under load disturbs nobody`() throws {
        let origins = try (0..<2).map { try ScriptedOrigin(answering: "\($0)") }
        let rig = try ProxyRig(Given.model(origins[0]), workers: 2)
        let stop = Watched(false)
        let failures = Watched([String]())
        let done = Watched(0)
        let port = rig.port
        let clients = try (0..<4).map { _ in
            try BackgroundThread {
                do {
                    let client = try Client(toPort: port)
                    while !stop.current {
                        for _ in 0..<900 where !stop.current {
                            let answer = try client.request()
                            if answer.status != 200 { failures.change { $0.append(answer.startLine) } }
                            done.change { $0 += 1 }
                        }
                        break
                    }
                } catch {
                    failures.change { $0.append("\(error)") }
                }
            }
        }
        for number in 1...100 {
            rig.plane.apply(Given.model(origins[number % 2]))
            let count = done.current
            if count < 3200 { try done.wait { $0 > count } }
        }
        stop.change { $0 = true }
        for client in clients { client.join() }
        #expect(failures.current == [])
        #expect(done.current > 100)
    }
}
