import Bytes
import Linux
import Testing

@testable import EventLoop

private final class Recorder: EventHandler {
    var readiness: [Readiness] = []
    var deadlines = 0
    var resumptions = 0

    override func ready(_ readiness: Readiness) { self.readiness.append(readiness) }
    override func deadlinePassed() { deadlines += 1 }
    override func resumed() { resumptions += 1 }
}

/// Asks of another handler whenever it is told something itself. Its loop keeps it, so it keeps nobody.
private final class Curious: EventHandler {
    private unowned let loop: EventLoop
    weak var other: Curious?
    var news: [Bool] = []
    var turns = 0
    var whenReady: () -> Void = {}

    init(_ loop: EventLoop) { self.loop = loop }

    override func ready(_ readiness: Readiness) {
        turns += 1
        if let other { news.append(loop.hasNews(for: other)) }
        whenReady()
    }
}

@Suite struct `Slot table` {
    @Test func `does not lead an old name to a new tenant`() {
        var table = SlotTable<Recorder>()
        let first = table.insert(Recorder())
        table.remove(first)
        let second = table.insert(Recorder())
        #expect(table[first] == nil)
        #expect(table[second] != nil)
        #expect(table.count == 1)
        table.remove(first)
        #expect(table[second] != nil)
    }

    @Test func `survives the trip of a name through the kernel`() {
        let id = SlotID(index: 77, generation: 0xFFFF_FFFE)
        #expect(SlotID(tag: id.tag) == id)
    }
}

@Suite struct `Timer wheel` {
    let second: UInt64 = 1_000_000_000

    /// The ticks at which entries came due when time went in steps.
    private func fire(_ wheel: inout TimerWheel, at seconds: [UInt64]) -> [Int] {
        seconds.map { time in
            var due: ContiguousArray<(SlotID, tick: UInt64)> = []
            wheel.advance(to: Instant(nanoseconds: time * second), due: &due)
            return due.count
        }
    }

    @Test func `fires at the end of the deadline's tick, not before`() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 0))
        let deadline = Instant(nanoseconds: 3 * second)
        wheel.insert(SlotID(index: 1, generation: 0), at: wheel.tick(for: deadline))
        #expect(fire(&wheel, at: [1, 2, 3, 4, 5]) == [0, 0, 0, 1, 0])
    }

    @Test func `brings far deadlines back within its reach`() {
        let wheel = TimerWheel(now: Instant(nanoseconds: 0))
        let tick = wheel.tick(for: Instant(nanoseconds: 100_000 * second))
        #expect(tick < 1024)
    }

    @Test func `fires everything after a long sleep`() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 0))
        for seconds in 1...40 {
            let tick = wheel.tick(for: Instant(nanoseconds: UInt64(seconds) * second))
            wheel.insert(SlotID(index: UInt32(seconds), generation: 0), at: tick)
        }
        #expect(fire(&wheel, at: [100_000, 100_001]) == [40, 0])
    }

    @Test func `uses the places of entries that have left for those that come`() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 0))
        for seconds in UInt64(1)...200 {
            for index in 0..<UInt32(50) {
                let tick = wheel.tick(for: Instant(nanoseconds: seconds * second))
                wheel.insert(SlotID(index: index, generation: 0), at: tick)
            }
            if seconds % 2 == 0 {
                wheel.remove { _, _ in true }
                #expect(wheel.count == 0 && wheel.nextDeadline == nil)
            } else {
                #expect(fire(&wheel, at: [seconds + 1]) == [50])
            }
        }
        #expect(wheel.capacity == 50)
    }

    @Test func `keeps the order of the entries that are not dropped`() {
        var wheel = TimerWheel(now: Instant(nanoseconds: 0))
        for index in 0..<UInt32(40) {
            let tick = wheel.tick(for: Instant(nanoseconds: index < 20 ? second : 2 * second))
            wheel.insert(SlotID(index: index, generation: 0), at: tick)
        }
        wheel.remove { id, tick in id.index % 3 == 0 || tick > 30 && id.index < 30 }
        var due: ContiguousArray<(SlotID, tick: UInt64)> = []
        wheel.advance(to: Instant(nanoseconds: 3 * second), due: &due)
        #expect(due.map(\.0.index) == (0..<40).filter { $0 % 3 != 0 && !(20..<30).contains($0) })
        #expect(wheel.count == 0)
    }
}

@Suite struct `Event loop` {
    @Test func `tells a handler when its socket becomes readable, once`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let listener = try Socket.listen(on: SocketAddress(.loopbackV4, port: 0), sharesPort: false)
        let client = try Socket.connect(to: try Socket.localAddress(of: listener))
        guard let server = try Socket.accept(from: listener) else { throw Errno.again }
        let handler = Recorder()
        try loop.add(handler, watching: server.socket)
        _ = client.socket.write([1].span)
        while !(handler.readiness.last?.contains(.readable) ?? false) {
            try loop.turn(until: .distantFuture, wakeEvent: wake)
        }
        let seen = handler.readiness.count
        try loop.turn(until: loop.now, wakeEvent: wake)
        #expect(handler.readiness.count == seen)
        loop.remove(handler)
        #expect(loop.handlerCount == 0)
    }

    @Test func `meets a deadline that was moved later only at its last time`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let handler = Recorder()
        try loop.add(handler, watching: wake.descriptor)
        let start = loop.now
        loop.setDeadline(of: handler, at: start.advanced(byNanoseconds: 1_000_000))
        loop.setDeadline(of: handler, at: start.advanced(byNanoseconds: 120_000_000))
        while handler.deadlines == 0 { try loop.turn(until: .distantFuture, wakeEvent: wake) }
        #expect(loop.now >= start.advanced(byNanoseconds: 120_000_000))
        #expect(handler.deadlines == 1)
    }

    /// Each turn without an event is a wake-up for nothing but time.
    @Test func `sleeps past ticks at which nothing is due any more`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let tick = TimerWheel.tick
        let first = Recorder()
        let last = Recorder()
        let others = (2...9).map { (Recorder(), UInt64($0)) }
        loop.add(first)
        loop.setDeadline(of: first, afterNanoseconds: tick)
        loop.add(last)
        loop.setDeadline(of: last, afterNanoseconds: 12 * tick)
        for (handler, number) in others {
            loop.add(handler)
            loop.setDeadline(of: handler, afterNanoseconds: number * tick)
        }
        for (handler, number) in others {
            switch number % 3 {
            case 0: loop.remove(handler)
            case 1: loop.clearDeadline(of: handler)
            default: loop.setDeadline(of: handler, afterNanoseconds: 12 * tick)
            }
        }
        var turns = 0
        while last.deadlines == 0 {
            try loop.turn(until: .distantFuture, wakeEvent: wake)
            turns += 1
        }
        #expect(first.deadlines == 1)
        #expect(turns <= 3, "one for each deadline, and one should the last two lie in different ticks")
        #expect(others.filter { $0.0.deadlines == 1 }.map { $0.1 } == [2, 5, 8])
    }

    @Test func `knows of events that it has not passed on yet`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let one = try EventFD()
        let another = try EventFD()
        let (first, second) = (Curious(loop), Curious(loop))
        (first.other, second.other) = (second, first)
        try loop.add(first, watching: one.descriptor)
        try loop.add(second, watching: another.descriptor)
        func turn() throws -> [[Bool]] {
            (first.news, second.news) = ([], [])
            try loop.turn(until: .distantFuture, wakeEvent: wake)
            return [first.news, second.news].sorted { $0.count > $1.count || $0.first == true }
        }
        // Both can be written to: whoever is told first sees that the other will be.
        #expect(try turn() == [[true], [false]])
        #expect(!loop.hasNews(for: first) && !loop.hasNews(for: second))
        one.signal()
        #expect(try turn() == [[false], []])
        another.signal()
        #expect(try turn() == [[false], []])
    }

    @Test func `has no news of who has left, or of the next tenant of the place`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let one = try EventFD()
        let another = try EventFD()
        let (first, second, next) = (Curious(loop), Curious(loop), Curious(loop))
        (first.other, second.other) = (second, first)
        for curious in [first, second] {
            curious.whenReady = { [unowned curious, unowned loop] in
                guard let other = curious.other else { return }
                loop.remove(other)
                #expect(!loop.hasNews(for: other))
                loop.add(next)
                #expect(!loop.hasNews(for: next))
            }
        }
        try loop.add(first, watching: one.descriptor)
        try loop.add(second, watching: another.descriptor)
        try loop.turn(until: .distantFuture, wakeEvent: wake)
        #expect(first.news.count + second.news.count == 1)
        #expect(next.turns == 0)
    }

    @Test func `forgets the deadlines of handlers that have left, and no others`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let staying = (1...100).map { _ in Recorder() }
        for (number, handler) in staying.enumerated() {
            loop.add(handler)
            loop.setDeadline(of: handler, afterNanoseconds: UInt64(number) * 3_000_000)
        }
        for _ in 0..<100_000 {
            let leaving = Recorder()
            loop.add(leaving)
            loop.setDeadline(of: leaving, afterNanoseconds: 60_000_000_000)
            loop.remove(leaving)
        }
        #expect(loop.timerEntryCount < 5000)
        while staying.contains(where: { $0.deadlines == 0 }) { try loop.turn(until: .distantFuture, wakeEvent: wake) }
        #expect(staying.allSatisfy { $0.deadlines == 1 })
    }

    @Test func `resumes a handler on the next turn without waiting`() throws {
        let loop = try EventLoop()
        let wake = try EventFD()
        let handler = Recorder()
        try loop.add(handler, watching: wake.descriptor)
        loop.resumeLater(handler)
        try loop.turn(until: .distantFuture, wakeEvent: wake)
        #expect(handler.resumptions == 1)
    }

    @Test func `wakes for a message from another thread`() throws {
        let loop = try EventLoop()
        let mailbox = try Mailbox<Int>()
        try loop.wake(by: mailbox.wakeEvent)
        let thread = try Thread(name: "sender") { mailbox.send(42) }
        var received: [Int] = []
        while received.isEmpty {
            try loop.turn(until: .distantFuture, wakeEvent: mailbox.wakeEvent)
            received += mailbox.drain()
        }
        thread.join()
        #expect(received == [42])
    }
}

@Suite struct `Snapshot cell` {
    private final class Value: Sendable {}

    @Test func `hands out a snapshot once to each reader`() {
        let first = Value()
        let cell = SnapshotCell(first)
        var seen: UInt64 = 0
        #expect(cell.newer(than: &seen) === first)
        #expect(cell.newer(than: &seen) == nil)
        let second = Value()
        cell.publish(second)
        #expect(cell.newer(than: &seen) === second)
    }
}
