import Synchronization
import TestSupport

/// What a client of a soak does, over and over, in turn with all the others.
enum SoakAct: CaseIterable, Sendable {
    case get, post, chunked
    case unknownHost, malformed
    case originResets, originTalksNonsense, originBreaksOff
    case leavesWithinHead, leavesWithinBody, leavesBeforeTheAnswer
}

/// Clients of HTTP/1 and HTTP/2 that do everything that clients do without pause, and know what each act must bring about.
final class SoakLoad: Sendable {
    struct Tally: Sendable {
        var acts = 0
        /// What was answered as it should be, by act.
        var expected: [SoakAct: Int] = [:]
        var streams = 0
        /// What nothing explains: each is a failure.
        var unexplained: [String] = []
    }

    private let tally = Watched(Tally())
    private let isStopping = Atomic(false)
    private let threads = Mutex<[BackgroundThread]>([])

    /// - Parameters:
    ///   - port: where HTTP/1 and HTTP/2 are spoken in the clear.
    ///   - clients: how many of HTTP/1; one of HTTP/2 comes beside them.
    init(clients: Int, toPort port: UInt16) throws {
        for first in 0..<clients {
            try run { load in
                let client = SoakClient(port)
                var number = first
                while !load.isStopping.load(ordering: .relaxed) {
                    let act = SoakAct.allCases[number % SoakAct.allCases.count]
                    number += 1
                    do {
                        let fault = try client.perform(act)
                        load.count(act, fault)
                    } catch {
                        client.leave()
                        load.count(act, "\(error)")
                    }
                }
            }
        }
        try run { load in
            while !load.isStopping.load(ordering: .relaxed) {
                do { try load.useStreams(of: HTTP2Peer(toPort: port)) } catch {
                    load.tally.change { $0.unexplained.append("HTTP/2: \(error)") }
                }
            }
        }
    }

    deinit { _ = stop() }

    private func run(_ body: @escaping @Sendable (SoakLoad) -> Void) throws {
        let thread = try BackgroundThread { [unowned self] in body(self) }
        threads.withLock { $0.append(thread) }
    }

    private func count(_ act: SoakAct, _ fault: String?) {
        tally.change { tally in
            tally.acts += 1
            if let fault { tally.unexplained.append("\(act): \(fault)") } else { tally.expected[act, default: 0] += 1 }
        }
    }

    /// Fifty requests on one connection, four at a time; the last of each four is reset before its answer is read.
    private func useStreams(of peer: HTTP2Peer) throws {
        for _ in 0..<12 where !isStopping.load(ordering: .relaxed) {
            let streams = try (0..<4).map { _ in try peer.request("/ok") }
            try peer.send(.reset(streams[3], HTTP2Frame.Code.cancel))
            for stream in streams.dropLast() {
                let answer = try peer.message(stream)
                tally.change { tally in
                    tally.acts += 1
                    tally.streams += 1
                    if answer.status != 200 { tally.unexplained.append("HTTP/2: \(answer.status)") }
                }
            }
        }
        peer.wire.close()
    }

    /// Waits until so many more acts are over.
    func waitForActs(_ count: Int) throws {
        let before = tally.current.acts
        try tally.wait("\(count) acts") { $0.acts >= before + count || !$0.unexplained.isEmpty }
    }

    /// Ends the clients and tells what they saw.
    func stop() -> Tally {
        isStopping.store(true, ordering: .relaxed)
        let running = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in running { thread.join() }
        return tally.current
    }
}

/// A client of HTTP/1 that keeps its connection for as long as it may.
private final class SoakClient {
    private let port: UInt16
    private var client: Client?

    init(_ port: UInt16) { self.port = port }

    private func connected() throws -> Client {
        if let client { return client }
        let made = try Client(toPort: port)
        client = made
        return made
    }

    func leave() {
        client?.wire.reset()
        client = nil
    }

    /// - Returns: what was wrong, if anything.
    func perform(_ act: SoakAct) throws -> String? {
        switch act {
        case .get: return try ask("/ok", wants: 200)
        case .post: return try ask("/ok", method: "POST", ["Content-Length: 4"], body: "four", wants: 200)
        case .chunked:
            return try ask(
                "/ok", method: "POST", ["Transfer-Encoding: chunked"], body: "4\r\nfour\r\n0\r\n\r\n", wants: 200)
        case .unknownHost: return try ask("/", host: "nobody.example", wants: 404)
        case .malformed: return try ask("/", ["Host: other.example"], wants: 400)
        case .originResets: return try ask("/resets", host: "moody.example", wants: 502)
        case .originTalksNonsense: return try ask("/nonsense", host: "moody.example", wants: 502)
        case .originBreaksOff:
            defer { leave() }
            let client = try connected()
            try client.send(Client.head("/breaks-off", host: "moody.example"))
            do {
                return "a body that was cut off came as \(try client.response())"
            } catch is WireFault { return nil }
        case .leavesWithinHead: return try leave(behind: "GET / HTTP/1.1\r\nHost: shop")
        case .leavesWithinBody: return try leave(behind: Client.head(method: "POST", ["Content-Length: 9"]) + "some")
        case .leavesBeforeTheAnswer: return try leave(behind: Client.head("/ok"))
        }
    }

    private func ask(
        _ target: String, method: String = "GET", host: String = "shop.example", _ fields: [String] = [],
        body: String = "", wants status: Int
    ) throws -> String? {
        let answer = try connected().request(target, method: method, host: host, fields, body: body)
        if answer["Connection"]?.lowercased() == "close" { leave() }
        guard answer.status == status else { return answer.startLine }
        return status == 200 && answer.text != "ok" ? "another's answer: \(answer.text)" : nil
    }

    private func leave(behind text: String) throws -> String? {
        try connected().send(text)
        leave()
        return nil
    }
}
