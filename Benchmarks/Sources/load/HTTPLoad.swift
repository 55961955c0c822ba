import Glibc
import Wire

/// HTTP/1.1 requests over a fixed number of keep-alive connections: as fast as they are answered, or at a fixed rate.
///
/// At a fixed rate a request is due at its time whether or not a connection is free; its latency counts from then, so
/// a proxy that stalls pays for every request that had to wait.
final class HTTPLoad {
    /// A connection and the request on it.
    private struct Connection {
        var request = -1
        var sent = 0
        var dueAt: UInt64 = 0
        var bodyLeft = 0
        var closesAfter = false
        var isGood = false
        var carry: [UInt8] = []
        var isBusy: Bool { request >= 0 }
    }

    private let port: UInt16
    private let connectionCount: Int
    private let duration: Double
    /// Nanoseconds from one request to the next; 0 asks again as soon as it is answered.
    private let interval: UInt64
    private var requests: RequestSet

    private let poller = Poller()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 64)
    private var connections: [Int32: Int] = [:]
    private var table: [Connection] = []
    private var descriptors: [Int32] = []
    private var free: [Int] = []
    private var tally = Tally()
    private var busy = 0
    private var isStopping = false
    /// Ends the run before its time when standard input does.
    private let endsWithInput: Bool
    private var inputEnded = false
    /// Due times of requests that found no free connection, oldest first from `waitingStart`.
    private var waiting: [UInt64] = []
    private var waitingStart = 0

    init(_ options: Options) {
        port = options.number("port")
        connectionCount = options.number("connections", default: 64)
        duration = options.number("seconds", default: 3.0)
        let rate: Double = options.number("rate", default: 0)
        interval = rate > 0 ? UInt64(1_000_000_000 / rate) : 0
        endsWithInput = options.string("until") == "eof"
        guard let path = options.string("requests") else { fail("missing --requests") }
        requests = RequestSet(path: path, bodyBytes: options.number("body", default: 0))
    }

    func run() {
        let start = monotonicNanoseconds()
        let end = start + UInt64(duration * 1_000_000_000)
        if endsWithInput { poller.watch(0) }
        for _ in 0..<connectionCount { open() }
        if interval > 0 { pace(from: start, until: end) } else { flood(from: start, until: end) }
        isStopping = true
        let patience = monotonicNanoseconds() + 2_000_000_000
        while busy > 0, monotonicNanoseconds() < patience { turn(milliseconds: 100) }
        tally.failed += busy
        print(tally.json(seconds: Double(monotonicNanoseconds() - start) / 1e9))
    }

    /// One request on each connection, then silence until standard input ends.
    func hold() {
        let patience = monotonicNanoseconds() + 30_000_000_000
        isStopping = true
        for index in 0..<connectionCount {
            open()
            begin(index, dueAt: monotonicNanoseconds())
            while busy >= 32, monotonicNanoseconds() < patience { turn(milliseconds: 100) }
        }
        while busy > 0, monotonicNanoseconds() < patience { turn(milliseconds: 100) }
        print(tally.json(seconds: 0))
        fflush(nil)
        while getchar() != EOF {}
    }

    // MARK: - Pace

    private func flood(from start: UInt64, until end: UInt64) {
        for index in table.indices { begin(index, dueAt: start) }
        while !inputEnded, monotonicNanoseconds() < end { turn(milliseconds: 100) }
    }

    private func pace(from start: UInt64, until end: UInt64) {
        let timer = Timer()
        poller.watch(timer.descriptor)
        free = Array(table.indices)
        var due = start
        while !inputEnded, due < end {
            let now = monotonicNanoseconds()
            while due <= now, due < end {
                if let index = free.popLast() { begin(index, dueAt: due) } else { waiting.append(due) }
                due += interval
            }
            timer.fire(at: due)
            turn(milliseconds: 100)
        }
    }

    private func turn(milliseconds: Int32) {
        poller.wait(milliseconds: milliseconds) { event in
            guard let index = connections[event.descriptor] else {
                if event.descriptor == 0 { inputEnded = true }
                return
            }
            if event.isWritable { send(index) }
            if event.isReadable { receive(index) }
        }
    }

    // MARK: - Connections

    private func open() {
        table.append(Connection())
        descriptors.append(-1)
        connect(table.count - 1)
    }

    private func connect(_ index: Int) {
        let descriptor = Socket.connect(port: port)
        descriptors[index] = descriptor
        connections[descriptor] = index
        poller.watch(descriptor)
    }

    /// The other side ended the connection: counts that, and the request it took along, and makes a new one.
    private func reconnect(_ index: Int) {
        tally.closed += 1
        connections[descriptors[index]] = nil
        Socket.close(descriptors[index])
        let wasBusy = table[index].isBusy
        table[index] = Connection()
        connect(index)
        if wasBusy {
            tally.failed += 1
            finished(index)
        }
    }

    private func finished(_ index: Int) {
        busy -= 1
        if waitingStart < waiting.count {
            waitingStart += 1
            begin(index, dueAt: waiting[waitingStart - 1])
        } else if interval > 0 {
            free.append(index)
        } else if !isStopping {
            begin(index, dueAt: monotonicNanoseconds())
        }
    }

    // MARK: - Exchange

    private func begin(_ index: Int, dueAt: UInt64) {
        table[index].request = requests.draw()
        table[index].sent = 0
        table[index].dueAt = dueAt
        busy += 1
        send(index)
    }

    private func send(_ index: Int) {
        guard table[index].isBusy else { return }
        let request = requests[table[index].request]
        while table[index].sent < request.count {
            let outcome = request.withUnsafeBytes {
                Socket.write(descriptors[index], UnsafeRawBufferPointer(rebasing: $0[table[index].sent...]))
            }
            // A refused connection reports itself as an event; the request waits for it.
            guard case .bytes(let count) = outcome else { return }
            table[index].sent += count
        }
    }

    private func receive(_ index: Int) {
        let descriptor = descriptors[index]
        while descriptors[index] == descriptor {
            switch Socket.read(descriptor, into: scratch) {
            case .later:
                return
            case .closed:
                return reconnect(index)
            case .bytes(let count):
                take(index, UnsafeRawBufferPointer(rebasing: scratch[..<count]))
                if count < scratch.count { return }
            }
        }
    }

    private func take(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
        if table[index].bodyLeft > 0 {
            let count = min(bytes.count, table[index].bodyLeft)
            table[index].bodyLeft -= count
            tally.bytes += count
            if table[index].bodyLeft == 0 { answered(index) }
        } else if table[index].carry.isEmpty {
            if let head = Head(bytes) {
                takeHead(index, head, bytes)
            } else {
                table[index].carry = Array(bytes)
            }
        } else {
            let whole = table[index].carry + bytes
            table[index].carry = []
            whole.withUnsafeBytes { take(index, $0) }
        }
    }

    private func takeHead(_ index: Int, _ head: Head, _ bytes: UnsafeRawBufferPointer) {
        // A chunked answer is small here: it is kept until its end shows.
        if head.isChunked, !bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8) {
            table[index].carry = Array(bytes)
            return
        }
        table[index].closesAfter = head.closesConnection
        table[index].isGood = bytes.count > 9 && bytes[9] == UInt8(ascii: "2")
        let body = bytes.count - head.length
        tally.bytes += body
        table[index].bodyLeft = head.isChunked ? 0 : head.contentLength - body
        if table[index].bodyLeft <= 0 { answered(index) }
    }

    private func answered(_ index: Int) {
        tally.latencies.record(nanoseconds: monotonicNanoseconds() - table[index].dueAt)
        if table[index].isGood { tally.completed += 1 } else { tally.failed += 1 }
        table[index].request = -1
        table[index].bodyLeft = 0
        if table[index].closesAfter { reconnect(index) }
        finished(index)
    }
}
