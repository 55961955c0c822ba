import Dispatch
public import Linux
import Synchronization

/// Keeps the addresses of names at hand: those of ExternalName Services and of `--backend` overrides.
///
/// Names are looked up on threads of their own, never on a worker, and again every few seconds for as
/// long as somebody wants them. A lookup that fails leaves the last good answer in place. `onChange` is
/// called whenever an answer differs from the one before.
public final class DNSResolver: Sendable {
    /// What looks a name up; may block.
    public typealias Lookup = @Sendable (String) -> Result<[IPAddress], NameLookup.Failure>

    private struct State {
        var wanted: Set<String> = []
        /// The last good answers, sorted so that a server's rotation of its records is no change.
        var answers: [String: [String]] = [:]
        /// Why the newest lookup of a name failed.
        var failures: [String: String] = [:]
        var inFlight: Set<String> = []
        var waiting: [String] = []
        /// Those who wait until no lookup is under way, by number.
        var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
        var watchersSoFar = 0
        var isStopped = false
        var onChange: (@Sendable () -> Void)?
    }

    /// Lookups at one time. One that hangs takes its thread with it for a while.
    private static let concurrentLookups = 16

    private let state = Mutex(State())
    private let lookup: Lookup
    private let queue = DispatchQueue(label: "name-lookup", attributes: .concurrent)
    private let refreshSeconds: Int

    /// - Parameters:
    ///   - refreshSeconds: How long an answer is used before it is asked for again.
    ///   - lookup: Blocks until it has an answer. The system's resolver unless given.
    public init(
        refreshSeconds: Int = 5,
        lookup: @escaping Lookup = { name in
            Result { () throws(NameLookup.Failure) in try NameLookup.addresses(of: name) }
        }
    ) {
        self.lookup = lookup
        self.refreshSeconds = refreshSeconds
        scheduleRefresh()
    }

    private func scheduleRefresh() {
        queue.asyncAfter(deadline: .now() + .seconds(refreshSeconds)) { [weak self] in
            guard let self, !self.state.withLock({ $0.isStopped }) else { return }
            self.refresh()
            self.scheduleRefresh()
        }
    }

    /// Says whom to tell of changed answers. Called on a lookup thread; must not block.
    public func notify(_ onChange: @escaping @Sendable () -> Void) {
        state.withLock { $0.onChange = onChange }
    }

    /// The names that are wanted from now on. New ones are looked up at once; others are forgotten.
    public func want(_ names: Set<String>) {
        let fresh = state.withLock { state in
            let fresh = names.subtracting(state.wanted)
            state.wanted = names
            state.answers = state.answers.filter { names.contains($0.key) }
            state.failures = state.failures.filter { names.contains($0.key) }
            return fresh
        }
        begin(fresh)
    }

    /// The last good answers: literal addresses by name.
    public var answers: [String: [String]] { state.withLock { $0.answers } }

    /// The names whose newest lookup failed, and why. They may still have an older answer.
    public var failures: [String: String] { state.withLock { $0.failures } }

    /// Looks up every wanted name again.
    public func refresh() {
        begin(state.withLock { $0.wanted })
    }

    /// Waits until no lookup is under way, or until that many seconds have passed.
    public func settled(withinSeconds limit: Int = 60) async {
        await withCheckedContinuation { continuation in
            let number = state.withLock { state -> Int? in
                if state.inFlight.isEmpty { return nil }
                state.watchersSoFar += 1
                state.watchers[state.watchersSoFar] = continuation
                return state.watchersSoFar
            }
            guard let number else { return continuation.resume() }
            queue.asyncAfter(deadline: .now() + .seconds(limit)) { [weak self] in
                self?.state.withLock { $0.watchers.removeValue(forKey: number) }?.resume()
            }
        }
    }

    /// Ends all lookups; those under way come to nothing.
    public func stop() {
        let watchers = state.withLock { state in
            state.isStopped = true
            state.waiting = []
            defer { state.watchers = [:] }
            return state.watchers.values
        }
        for watcher in watchers { watcher.resume() }
    }

    // MARK: Lookups

    private func begin(_ names: Set<String>) {
        let starting = state.withLock { state -> [String] in
            guard !state.isStopped else { return [] }
            state.waiting += names.subtracting(state.inFlight).subtracting(state.waiting).sorted()
            return Self.takeStartable(&state)
        }
        for name in starting { start(name) }
    }

    private static func takeStartable(_ state: inout State) -> [String] {
        let count = min(concurrentLookups - state.inFlight.count, state.waiting.count)
        guard count > 0 else { return [] }
        let names = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        state.inFlight.formUnion(names)
        return names
    }

    private func start(_ name: String) {
        queue.async { [self] in finish(name, lookup(name)) }
    }

    private func finish(_ name: String, _ result: Result<[IPAddress], NameLookup.Failure>) {
        let (next, onChange, watchers) = state.withLock { state in
            state.inFlight.remove(name)
            let isChanged = Self.record(result, for: name, in: &state)
            let next = Self.takeStartable(&state)
            var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
            if state.inFlight.isEmpty { swap(&watchers, &state.watchers) }
            return (next, isChanged ? state.onChange : nil, watchers.values)
        }
        for name in next { start(name) }
        onChange?()
        for watcher in watchers { watcher.resume() }
    }

    /// - Returns: Whether the answer differs from the one before.
    private static func record(
        _ result: Result<[IPAddress], NameLookup.Failure>, for name: String, in state: inout State
    ) -> Bool {
        guard state.wanted.contains(name), !state.isStopped else { return false }
        switch result {
        case .failure(let failure):
            state.failures[name] = failure.description
            return false
        case .success(let addresses):
            state.failures[name] = nil
            let answer = addresses.map(\.description).sorted()
            guard !answer.isEmpty, answer != state.answers[name] else { return false }
            state.answers[name] = answer
            return true
        }
    }
}
