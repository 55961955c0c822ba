public import Linux

/// One thread's wait for descriptors, deadlines and wake-ups, and the calls that follow.
///
/// The owner runs it turn by turn and does its own periodic work in between. Everything registered
/// lives on the loop's thread. The loop itself holds handlers alive until they are removed.
public final class EventLoop {
    private var epoll: Epoll
    private var handlers = SlotTable<EventHandler>()
    private var timers: TimerWheel
    /// Entries of the wheel beyond which those of handlers that have left are looked for.
    private var entryLimit = EventLoop.fewEntries
    private var due: ContiguousArray<(SlotID, tick: UInt64)> = []
    private var resuming: ContiguousArray<SlotID> = []
    private var resumingNow: ContiguousArray<SlotID> = []
    /// The time at which this turn's events were taken.
    public private(set) var now = Instant.now()

    private static let wakeTag = UInt64.max
    /// So many entries of the wheel are not worth looking through.
    private static let fewEntries = 4096

    public init() throws(Errno) {
        epoll = try Epoll()
        timers = TimerWheel(now: now)
    }

    /// How many handlers are registered.
    public var handlerCount: Int { handlers.count }

    /// Entries that the timer wheel holds. Those of handlers that have left count until their tick comes, or until they
    /// are more than the others and `fewEntries`.
    var timerEntryCount: Int { timers.count }

    /// Watches `descriptor` for `handler`, which is kept until `remove`.
    public func add(_ handler: EventHandler, watching descriptor: borrowing Descriptor) throws(Errno) {
        let id = handlers.insert(handler)
        do {
            try epoll.add(descriptor, tag: id.tag)
        } catch {
            handlers.remove(id)
            throw error
        }
        handler.id = id
    }

    /// Registers a handler that has no descriptor of its own, for its deadline and its turns; it is kept until `remove`.
    public func add(_ handler: EventHandler) { handler.id = handlers.insert(handler) }

    /// Watches a listening socket: told for as long as connections wait.
    public func addListener(_ handler: EventHandler, watching descriptor: borrowing Descriptor) throws(Errno) {
        let id = handlers.insert(handler)
        do {
            try epoll.addLevelTriggered(descriptor, tag: id.tag)
        } catch {
            handlers.remove(id)
            throw error
        }
        handler.id = id
    }

    /// Stops watching the descriptor of a listener that stays registered; `rewatch` resumes.
    public func pause(watching descriptor: borrowing Descriptor) {
        try? epoll.remove(descriptor)
    }

    /// Reports a listener's connections again after a pause.
    public func rewatch(_ handler: EventHandler, listener descriptor: borrowing Descriptor) throws(Errno) {
        guard let id = handler.id else { return }
        try epoll.addLevelTriggered(descriptor, tag: id.tag)
    }

    /// Wakes the loop whenever `event` is signalled from another thread. One a loop.
    public func wake(by event: borrowing EventFD) throws(Errno) {
        try epoll.addLevelTriggered(event.descriptor, tag: Self.wakeTag)
    }

    /// Ends a handler's registration and its deadline. Its descriptor is the handler's to close.
    public func remove(_ handler: EventHandler) {
        guard let id = handler.id else { return }
        handlers.remove(id)
        handler.id = nil
        handler.deadline = .distantFuture
        handler.armedTick = .max
    }

    /// Gives a handler's registration, with the descriptor that is watched for it, to another one. The old one's
    /// deadline is gone.
    public func replace(_ old: EventHandler, by new: EventHandler) {
        guard let id = old.id else { return }
        handlers.replace(id, by: new)
        new.id = id
        // An entry of the wheel goes with the slot.
        new.armedTick = old.armedTick
        old.id = nil
        old.deadline = .distantFuture
        old.armedTick = .max
    }

    /// Sets when `handler.deadlinePassed` is due, in place of what was set before.
    @inline(__always)
    public func setDeadline(of handler: EventHandler, at deadline: Instant) {
        handler.deadline = deadline
        if deadline != .distantFuture && deadline.nanoseconds / TimerWheel.tick < handler.armedTick {
            arm(handler)
        }
    }

    /// Sets the deadline that many nanoseconds from this turn's time.
    @inline(__always)
    public func setDeadline(of handler: EventHandler, afterNanoseconds delay: UInt64) {
        setDeadline(of: handler, at: now.advanced(byNanoseconds: delay))
    }

    /// Takes the handler's deadline away.
    public func clearDeadline(of handler: EventHandler) {
        handler.deadline = .distantFuture
    }

    private func arm(_ handler: EventHandler) {
        guard let id = handler.id else { return }
        let tick = timers.tick(for: handler.deadline)
        guard tick < handler.armedTick else { return }
        timers.insert(id, at: tick)
        handler.armedTick = tick
        if timers.count > entryLimit { forgetStaleEntries() }
    }

    /// Handlers that come and go leave entries behind, for as long as their deadlines were away: without this a busy
    /// minute would fill the memory. Twice as many entries as are of use may wait, so each is looked at a few times at most.
    private func forgetStaleEntries() {
        timers.remove { [handlers] id, tick in handlers[id]?.armedTick != tick }
        entryLimit = 2 * timers.count + Self.fewEntries
    }

    /// Whether something has happened to the handler's descriptor of which it has not been told yet: that comes later in
    /// this turn. What happens while the turn lasts is not known before the next.
    public func hasNews(for handler: EventHandler) -> Bool {
        guard let id = handler.id else { return false }
        return handlers.isNoted(id)
    }

    /// Calls `handler.resumed` at the end of this turn, or of the next one for who is being resumed: for work that was
    /// left undone so that others get their share, or that is better done for many together.
    public func resumeLater(_ handler: EventHandler) {
        if let id = handler.id { resuming.append(id) }
    }

    /// Calls `body` for every handler that is registered now. `body` may add and remove handlers.
    public func forEachHandler(_ body: (EventHandler) -> Void) {
        let present = handlers
        present.forEach(body)
    }

    /// Waits for events, at most until `limit`, and makes the calls that are due.
    public func turn(until limit: Instant, wakeEvent: borrowing EventFD) throws(Errno) {
        let count = try wait(until: limit)
        _ = handle(count, wakeEvent: wakeEvent)
    }

    /// Takes the events that there are, waiting for the first of them at most until `limit`: one half of a turn,
    /// for owners who have something to do in between.
    ///
    /// - Returns: how many there are, for `handle`.
    public func wait(until limit: Instant) throws(Errno) -> Int {
        let count = try epoll.wait(milliseconds: waitTime(limit))
        now = .now()
        return count
    }

    /// Makes the calls that are due: the other half of a turn.
    ///
    /// - Returns: whether the loop was woken by its event.
    public func handle(_ count: Int, wakeEvent: borrowing EventFD) -> Bool {
        var woken = false
        // Of several handlers one may ask about another that comes later (`hasNews`).
        if count > 1 { for index in 0..<count { handlers.note(SlotID(tag: epoll.event(at: index).tag)) } }
        for index in 0..<count {
            let (tag, readiness) = epoll.event(at: index)
            if tag == Self.wakeTag {
                wakeEvent.clear()
                woken = true
                continue
            }
            handlers.takeNoted(SlotID(tag: tag))?.ready(readiness)
        }
        fireTimers()
        resumeHandlers()
        return woken
    }

    private func waitTime(_ limit: Instant) -> Int32 {
        guard resuming.isEmpty else { return 0 }
        let next = min(timers.nextDeadline ?? .distantFuture, limit)
        guard next != .distantFuture else { return -1 }
        // Busy loops find events without waiting, so a slightly stale `now` only wakes them early.
        let wait = next.nanoseconds(since: now)
        return Int32(min(wait / 1_000_000 + (wait % 1_000_000 == 0 ? 0 : 1), 60_000))
    }

    private func fireTimers() {
        timers.advance(to: now, due: &due)
        guard !due.isEmpty else { return }
        for (id, tick) in due {
            guard let handler = handlers[id], handler.armedTick == tick else { continue }
            handler.armedTick = .max
            if handler.deadline > now {
                if handler.deadline != .distantFuture { arm(handler) }
            } else {
                handler.deadline = .distantFuture
                handler.deadlinePassed()
            }
        }
        due.removeAll(keepingCapacity: true)
        passOverIdleTicks()
    }

    /// Handlers that have left, and deadlines that were moved, leave entries at ticks at which nothing is due. Puts those
    /// off that come before the first that matters, so that a loop with nothing to do sleeps until then.
    ///
    /// Done when a tick has come, not each time that the loop goes to sleep: a busy one moves deadlines all the time.
    private func passOverIdleTicks() {
        while timers.count > 0, !nextTickMatters {
            timers.takeNextTick(into: &due)
            for (id, tick) in due {
                guard let handler = handlers[id], handler.armedTick == tick else { continue }
                handler.armedTick = .max
                if handler.deadline != .distantFuture { arm(handler) }
            }
            due.removeAll(keepingCapacity: true)
        }
    }

    /// Whether a deadline lies in the next tick that holds entries.
    private var nextTickMatters: Bool {
        timers.nextTickHolds { [handlers, timers] id, tick in
            guard let handler = handlers[id], handler.armedTick == tick else { return false }
            return handler.deadline != .distantFuture && timers.tick(for: handler.deadline) <= tick
        }
    }

    private func resumeHandlers() {
        guard !resuming.isEmpty else { return }
        swap(&resuming, &resumingNow)
        for id in resumingNow { handlers[id]?.resumed() }
        resumingNow.removeAll(keepingCapacity: true)
    }
}
