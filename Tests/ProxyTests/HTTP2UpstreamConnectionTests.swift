import Model
import Proxy
import TestSupport
import Testing

/// How streams share connections, and what becomes of them when a connection goes.
@Suite struct `A connection of HTTP/2 to an endpoint` {
    @Test(arguments: HTTP2Carrier.allCases)
    func `serves requests of many clients at a time`(carrier: HTTP2Carrier) throws {
        let origin = try carrier.origin { connection in
            let peer = try connection.http2()
            var waiting: [UInt32] = []
            while let request = try peer.message() {
                waiting.append(request.stream)
                guard waiting.count == 20 else { continue }
                for stream in waiting.reversed() { try peer.respond(to: stream, body: "\(stream)") }
            }
        }
        let rig = try ProxyRig(carrier.model(origin))
        let clients = try (0..<20).map { _ in try rig.client() }
        for client in clients { try client.send(Client.head()) }
        let answers = try clients.map { try $0.response().text }
        #expect(Set(answers) == Set((0..<20).map { "\($0 * 2 + 1)" }))
        #expect(origin.connectionCount == 1)
    }

    @Test(arguments: HTTP2Carrier.allCases)
    func `has no more streams than the endpoint allows; others get a connection of their own`(carrier: HTTP2Carrier)
        throws
    {
        let arrived = Watched(0)
        let opened = Gate()
        let origin = try carrier.origin { connection in
            let peer = try connection.http2([(HTTP2Frame.Setting.maxConcurrentStreams, 1)])
            while let request = try peer.message() {
                arrived.change { $0 += 1 }
                if request[":path"] == "/slow" { try opened.wait() }
                try peer.respond(to: request.stream, body: "\(connection.number)")
            }
        }
        let rig = try ProxyRig(carrier.model(origin))
        // With its first response the endpoint has also said what it allows.
        #expect(try rig.request().text == "0")
        let slow = try rig.client()
        try slow.send(Client.head("/slow"))
        try arrived.wait("the slow request") { $0 == 2 }
        #expect(try rig.request().text == "1")
        opened.open()
        #expect(try slow.response().text == "0")
    }

    @Test(arguments: HTTP2Carrier.allCases)
    func `to an endpoint that allows few streams has no more from its first moment on`(carrier: HTTP2Carrier) throws {
        let arrived = Watched(0)
        let origin = try carrier.origin { connection in
            let peer = try connection.http2([(HTTP2Frame.Setting.maxConcurrentStreams, 1)])
            while let request = try peer.message() {
                arrived.change { $0 += 1 }
                // Nobody is answered before everybody has been heard.
                try arrived.wait("all requests") { $0 == 10 }
                try peer.respond(to: request.stream, body: request.text)
            }
        }
        let worker = try HeldWorker(carrier.model(origin))
        try worker.hold()
        // All of them find the connection in the making.
        let clients = try (0..<10).map { _ in try worker.rig.client() }
        for (number, client) in clients.enumerated() {
            try client.send(Client.head(method: "POST", ["Content-Length: 1"]) + "\(number)")
        }
        worker.letGo()
        for (number, client) in clients.enumerated() { #expect(try client.response().text == "\(number)") }
        #expect(worker.rig.metric("gatehouse_retries_total") == 0, "nobody is to blame")
    }

    @Test(arguments: HTTP2Carrier.allCases)
    func `is left after a GOAWAY, while streams below its last go on`(carrier: HTTP2Carrier) throws {
        let told = Gate()
        let origin = try carrier.origin { connection in
            let peer = try connection.http2()
            if connection.number == 0 {
                let first = try #require(try peer.message())
                try peer.send(.headers(first.stream, [(":status", "200")].asFields, endStream: false))
                try peer.send(.goAway(lastStream: first.stream))
                try told.wait()
                try peer.send(.data(first.stream, Array("late".utf8), endStream: true))
                // A request that crossed with the GOAWAY may have come; it is sent again elsewhere.
                while try peer.message() != nil {}
            } else {
                while let request = try peer.message() { try peer.respond(to: request.stream, body: "new") }
            }
        }
        let rig = try ProxyRig(carrier.model(origin))
        let first = try rig.client()
        try first.send(Client.head())
        #expect(try first.reader.head()?.status == 200)
        #expect(try rig.request().text == "new")
        told.open()
        #expect(try first.reader.bytes(9) == Array("4\r\nlate\r\n".utf8))
        #expect(try first.reader.bytes(5) == Array("0\r\n\r\n".utf8))
        try origin.waitForFinished(1)
        #expect(origin.faults == [])
    }

    @Test(arguments: ["GET", "POST"], HTTP2Carrier.allCases)
    func `that goes away unserved has its requests sent again elsewhere`(method: String, carrier: HTTP2Carrier) throws {
        let origin = try carrier.origin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                if connection.number == 0 && request.stream > 1 {
                    try peer.send(.goAway(lastStream: 1))
                } else {
                    try peer.respond(to: request.stream, body: "\(connection.number) \(request.text)")
                }
            }
        }
        let rig = try ProxyRig(carrier.model(origin))
        let client = try rig.client()
        #expect(try client.request().text == "0 ")
        let answer = try client.request(method: method, ["Content-Length: 2"], body: "hi")
        #expect(answer.status == 200 && answer.text == "1 hi")
        #expect(rig.metric("gatehouse_retries_total") == 0, "nobody is to blame")
    }

    @Test(arguments: ["GET", "POST"], HTTP2Carrier.allCases)
    func `has a refused stream tried at another endpoint`(method: String, carrier: HTTP2Carrier) throws {
        let refusing = try carrier.origin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                try peer.send(.reset(request.stream, HTTP2Frame.Code.refusedStream))
            }
        }
        let serving = try carrier.origin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() { try peer.respond(to: request.stream, body: "ok") }
        }
        let settings = Given.settings { $0.upstream.failuresBeforeEjection = 0 }
        let rig = try ProxyRig(carrier.model(refusing, serving, settings: settings))
        let client = try rig.client()
        for _ in 0..<4 {
            #expect(try client.request(method: method, ["Content-Length: 2"], body: "hi").text == "ok")
        }
        #expect(rig.metric("gatehouse_upstream_failures_total", "stream_refused") > 0)
    }

    @Test func `that breaks before a response fails what must not be sent twice`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            _ = try peer.message()
        }
        let rig = try ProxyRig(Given.http2(origin))
        #expect(try rig.request(method: "POST", ["Content-Length: 2"], body: "hi").status == 502)
    }

    @Test func `that the endpoint closed while it was idle is never met by a request`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.message())
            try peer.respond(to: request.stream, body: "\(connection.number)")
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        for number in 0..<5 {
            #expect(try client.request().text == "\(number)")
            try origin.waitForFinished(number + 1)
        }
    }

    @Test(arguments: [true, false])
    func `that closes just when a request is to go out has it sent elsewhere, whatever it is`(saysGoodbye: Bool) throws
    {
        let leaving = Gate()
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                try peer.respond(to: request.stream, body: "\(connection.number) \(request.text)")
                guard connection.number == 0 else { continue }
                try leaving.wait()
                if saysGoodbye { try peer.send(.goAway(lastStream: request.stream)) }
                return
            }
        }
        let worker = try HeldWorker(Given.http2(origin) { $0.retry.conditions = [] })
        let client = try worker.rig.client()
        #expect(try client.request().text == "0 ")
        try worker.hold()
        // Both wait for the worker: it takes the request in, and finds the connection closed before it has sent it.
        try client.send(Client.head(method: "POST", ["Content-Length: 2"]) + "hi")
        leaving.open()
        try origin.waitForFinished(1)
        worker.letGo()
        #expect(try client.response().text == "1 hi")
        #expect(worker.rig.metric("gatehouse_retries_total") == 0, "nobody is to blame")
    }

    @Test func `answers pings`() throws {
        let answered = Watched<[UInt8]>([])
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            try peer.send(.ping(Array("12345678".utf8)))
            let request = try #require(try peer.message())
            try peer.respond(to: request.stream, body: "ok")
            let ping = try peer.frames.first { $0.kind == HTTP2Frame.Kind.ping } ?? peer.frame(HTTP2Frame.Kind.ping)
            answered.change { $0 = ping.payload }
            _ = try peer.message()
        }
        let rig = try ProxyRig(Given.http2(origin))
        #expect(try rig.request().status == 200)
        try answered.wait("the answer") { $0 == Array("12345678".utf8) }
    }

    @Test func `is closed with a GOAWAY when nobody has used it for a while`() throws {
        let last = Watched<HTTP2Frame?>(nil)
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.message())
            try peer.respond(to: request.stream, body: "ok")
            #expect(try peer.message() == nil)
            last.change { $0 = peer.frames.last { $0.kind == HTTP2Frame.Kind.goAway } }
        }
        let settings = Given.settings { $0.upstream.idleTimeout = .milliseconds(100) }
        let rig = try ProxyRig(Given.http2(origin, settings: settings))
        #expect(try rig.request().status == 200)
        try origin.waitForFinished(1)
        #expect(try last.wait("a GOAWAY") { $0 != nil } != nil)
        #expect(origin.faults == [])
    }

    @Test func `serves so many requests and no more`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                try peer.respond(to: request.stream, body: "\(connection.number)")
            }
        }
        let settings = Given.settings { $0.upstream.requestsPerConnection = 3 }
        let rig = try ProxyRig(Given.http2(origin, settings: settings))
        let client = try rig.client()
        #expect(try (0..<7).map { _ in try client.request().text } == ["0", "0", "0", "1", "1", "1", "2"])
    }

    @Test func `is not kept when no idle connections are`() throws {
        let origin = try ScriptedOrigin(http2: [])
        let settings = Given.settings { $0.upstream.idleConnections = 0 }
        let rig = try ProxyRig(Given.http2(origin, settings: settings))
        let client = try rig.client()
        for _ in 0..<3 { #expect(try client.request().text == "ok") }
        #expect(origin.connectionCount == 3)
        try origin.waitForFinished(3)
    }

    @Test func `gets no more requests once one has waited in vain and no ping is answered`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            peer.answersPings = connection.number > 0
            while let request = try peer.message() {
                if connection.number > 0 || request.stream == 1 { try peer.respond(to: request.stream, body: "ok") }
            }
        }
        func model(waiting time: Duration) -> ProxyModel {
            Given.http2(origin) {
                $0.timeouts.read = time
                $0.retry.conditions = []
            }
        }
        let rig = try ProxyRig(model(waiting: .seconds(60)))
        let client = try rig.client()
        #expect(try client.request().text == "ok")
        // Only who waits in vain has little time.
        #expect(rig.plane.apply(model(waiting: .milliseconds(100))).isEmpty)
        #expect(try client.request().status == 504)
        #expect(rig.plane.apply(model(waiting: .seconds(60))).isEmpty)
        #expect(try client.request().text == "ok")
        #expect(origin.connectionCount == 2)
    }

    @Test func `hears of a client that has gone`() throws {
        let reset = Watched<HTTP2Frame?>(nil)
        let arrived = Gate()
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.head())
            arrived.open()
            let frame = try peer.frame(HTTP2Frame.Kind.reset, stream: request.stream)
            reset.change { $0 = frame }
            _ = try peer.message()
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        try client.send(Client.head())
        try arrived.wait()
        client.wire.reset()
        let frame = try #require(try reset.wait("the reset") { $0 != nil })
        #expect(HTTP2Frame.word(frame.payload) == HTTP2Frame.Code.cancel)
    }

    @Test func `with an endpoint that speaks something else is answered 502`() throws {
        let origin = try ScriptedOrigin { connection in
            _ = try? connection.request()
            try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }
        let rig = try ProxyRig(Given.http2(origin))
        #expect(try rig.request().status == 502)
    }

    @Test func `to nobody is answered 502, and to nobody in time 504`() throws {
        let refusing = try RefusingPort()
        #expect(
            try ProxyRig(Given.model([Given.endpoint(refusing.port)]) { $0.transport.speaks = .http2 }).request().status
                == 502)
        let silent = try SilentPort()
        let model = Given.model([Given.endpoint(silent.port)]) {
            $0.transport.speaks = .http2
            $0.timeouts.connect = .milliseconds(100)
            $0.retry.tries = 1
        }
        #expect(try ProxyRig(model).request().status == 504)
    }

    @Test func `stays when the configuration changes, and goes with its endpoint`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                try peer.respond(to: request.stream, body: "\(connection.number)")
            }
        }
        let other = try ScriptedOrigin(http2: [])
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        #expect(try client.request().text == "0")
        for seconds in 100..<103 {
            #expect(rig.plane.apply(Given.http2(origin) { $0.timeouts.read = .seconds(seconds) }).isEmpty)
            #expect(try client.request().text == "0")
        }
        #expect(rig.plane.apply(Given.http2(other)).isEmpty)
        #expect(try client.request().text == "ok")
        try origin.waitForFinished(1)
        #expect(origin.faults == [])
    }
}

@Suite struct `Flow control towards an endpoint of HTTP/2` {
    @Test func `lets slow clients stop nobody else on the connection`() throws {
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            while let request = try peer.message() {
                guard request[":path"] == "/large" else {
                    try peer.respond(to: request.stream, body: "small")
                    continue
                }
                // As much as a stream's window takes.
                try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
                for _ in 0..<3 {
                    try peer.send(.data(request.stream, [UInt8](repeating: 7, count: 16_384), endStream: false))
                }
                try peer.send(.data(request.stream, [UInt8](repeating: 7, count: 16_383), endStream: false))
            }
        }
        let rig = try ProxyRig(Given.http2(origin), http2: true)
        // Opens no window for content, so all of it waits.
        let slow = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 0)])
        let streams = try (0..<64).map { _ in try slow.request("/large") }
        for stream in streams { try slow.message(stream) { !$0.fields.isEmpty } }
        let client = try rig.client()
        #expect(try client.request("/small").text == "small")
        #expect(origin.connectionCount == 1)
    }

    @Test func `keeps a body back until the endpoint gives room`() throws {
        let opened = Gate()
        let window = 1000
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2([(HTTP2Frame.Setting.initialWindowSize, UInt32(window))])
            peer.givesWindowsBack = false
            let request = try #require(try peer.head())
            try peer.message(request.stream) { $0.body.count >= 1 }
            try opened.wait()
            try peer.send(.windowUpdate(request.stream, 1 << 20), .windowUpdate(0, 1 << 20))
            let whole = try peer.message(request.stream)
            try peer.respond(to: whole.stream, body: "\(whole.body.count)")
            _ = try peer.message()
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client()
        let body = String(repeating: "b", count: 200_000)
        try client.send(Client.head(method: "POST", ["Content-Length: 200000"]))
        let sender = try BackgroundThread { [wire = client.wire] in try? wire.send(Array(body.utf8)) }
        opened.open()
        #expect(try client.response().text == "200000")
        sender.join()
    }

    @Test func `stops an endpoint whose client does not read`() throws {
        let sent = Watched(0)
        let origin = try ScriptedOrigin { connection in
            let peer = try connection.http2()
            let request = try #require(try peer.message())
            try peer.send(.headers(request.stream, [(":status", "200")].asFields, endStream: false))
            // As much as the windows take, which the proxy opens as its client reads.
            var window = 65_535
            let block = [UInt8](repeating: 7, count: 16_384)
            while sent.current < 32 << 20 {
                while window >= block.count {
                    try peer.send(.data(request.stream, block, endStream: false))
                    window -= block.count
                    sent.change { $0 += block.count }
                }
                let update = try peer.frame(HTTP2Frame.Kind.windowUpdate, stream: request.stream)
                window += Int(HTTP2Frame.word(update.payload))
            }
        }
        let rig = try ProxyRig(Given.http2(origin))
        let client = try rig.client(receiveBuffer: 4096)
        try client.send(Client.head())
        #expect(try client.reader.head()?.status == 200)
        #expect(!client.wire.hasInput(within: 0) || sent.current < 32 << 20)
        // It comes to a stand far below what the endpoint would send; how far, the kernel's buffers decide.
        var before = -1
        try eventually("the endpoint to stand still") {
            defer { before = sent.current }
            return before == sent.current && !client.wire.hasHungUp(within: 200)
        }
        #expect(sent.current < 16 << 20)
    }
}
