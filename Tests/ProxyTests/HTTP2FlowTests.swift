import Foundation
import Model
import TestSupport
import Testing

/// Who is slow on one side slows the other side down, and nobody else.
@Suite(.serialized) struct `Flow over HTTP/2` {
    private static let size = 16 << 20

    @Test func `of a large response takes little memory and arrives intact`() throws {
        let origin = try ScriptedOrigin { connection in
            while try connection.request() != nil {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(Self.size)\r\n\r\n")
                try BodyPattern.send(Self.size, to: connection.wire)
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2()
        let stream = try client.request()
        var check = PatternCheck()
        while true {
            let frame = try client.frame(HTTP2Frame.Kind.data)
            check.take(frame.payload[...])
            if frame.has(HTTP2Frame.Flag.endStream) { break }
        }
        #expect(stream == 1)
        #expect(check.count == Self.size)
        #expect(check.isIntact)
    }

    @Test func `of a large request waits for an origin that reads slowly`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.head() != nil else { return }
            try gate.wait()
            var check = PatternCheck()
            try connection.readBody(.length(Self.size)) { check.take($0) }
            try connection.respond("\(check.count) \(check.isIntact)")
        }
        let rig = try ProxyRig(Given.model(origin) { $0.bodyLimits = BodyLimits(requestBytes: nil) }, http2: true)
        let client = try rig.http2()
        let stream = try client.request(method: "PUT", [("content-length", "\(Self.size)")], endStream: false)
        let upload = WindowedUpload(client, stream)
        // The origin reads nothing: no more than the kernel's buffers and one window can be under way.
        let stalled = try upload.send(upTo: Self.size, until: { $0 == 0 })
        #expect(stalled < Self.size / 2)
        gate.open()
        try upload.sendRest(Self.size)
        #expect(try client.message(stream).text == "\(Self.size) true")
    }

    @Test func `with a closed window leaves other streams alone`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                try connection.respond(String(repeating: "x", count: request.target == "/large" ? 200_000 : 10))
            }
        }
        let rig = try ProxyRig(Given.model(origin), http2: true)
        let client = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 100)])
        client.givesWindowsBack = false
        let large = try client.request("/large")
        #expect(try client.message(large) { $0.body.count == 100 }.body.count == 100)
        let small = try client.request("/small")
        #expect(try client.message(small).body.count == 10)
        try client.send(.windowUpdate(large, 1 << 20), .windowUpdate(0, 1 << 20))
        #expect(try client.message(large).body.count == 200_000)
    }

    @Test func `that a client never takes ends with the send timeout`() throws {
        let closed = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.request() != nil else { return }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
            try? BodyPattern.send(10_000_000, to: connection.wire)
            closed.open()
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.sendTimeout = .milliseconds(200) }), http2: true)
        let client = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 0)])
        let stream = try client.request()
        #expect(try client.message(stream).resetCode == HTTP2Frame.Code.internalError)
        try closed.wait()
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"send_timeout\"") == 1)
    }

    @Test func `of a hundred responses behind closed windows is bounded, timed and counted`() throws {
        let origin = try ScriptedOrigin { connection in
            while let request = try connection.request() {
                guard request.target == "/large" else { try connection.respond("small"); continue }
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
                try? BodyPattern.send(10_000_000, to: connection.wire)
                return
            }
        }
        let rig = try ProxyRig(
            Given.model(origin, settings: Given.settings { $0.client.sendTimeout = .milliseconds(500) }), http2: true)
        let client = try rig.http2(settings: [(HTTP2Frame.Setting.initialWindowSize, 0)])
        let streams = try (0..<100).map { _ in try client.request("/large") }
        let other = try rig.http2()
        #expect(try other.message(other.request("/small")).text == "small")
        for stream in streams {
            #expect(try client.message(stream).resetCode == HTTP2Frame.Code.internalError)
        }
        #expect(rig.metric("gatehouse_limits_hit_total", "limit=\"send_timeout\"") == 100)
        // The connection itself has done nothing wrong.
        #expect(try client.message(client.request("/small")) { !$0.fields.isEmpty }.status == 200)
    }

    @Test func `of gRPC goes on while its client is silent`() throws {
        let gate = Gate()
        let origin = try ScriptedOrigin { connection in
            guard try connection.head() != nil else { return }
            try connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n")
            try connection.send("3\r\none\r\n")
            try gate.wait()
            try connection.send("3\r\ntwo\r\n0\r\nGrpc-Status: 0\r\n\r\n")
        }
        let rig = try ProxyRig(
            Given.model(
                origin,
                settings: Given.settings {
                    $0.client.bodyTimeout = .milliseconds(100)
                    $0.client.minimumBodyRate = 1_000_000
                }), http2: true)
        let client = try rig.http2()
        let stream = try client.request(method: "POST", [("content-type", "application/grpc")], endStream: false)
        try client.message(stream) { !$0.body.isEmpty }
        // Longer than the body timeout: another connection's idle time passes meanwhile.
        let quick = try ScriptedOrigin(answering: "ok")
        let other = try ProxyRig(
            Given.model(quick, settings: Given.settings { $0.client.keepAliveTimeout = .milliseconds(300) }))
        let idle = try other.client()
        #expect(try idle.request().status == 200)
        #expect(try idle.isEnded())
        gate.open()
        let message = try client.message(stream)
        #expect(message.text == "onetwo")
        #expect(message.trailer("grpc-status") == "0")
    }
}
