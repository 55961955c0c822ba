import Foundation

/// Why a test's own piece gave up: waiting took longer than anything that works, or the other side
/// broke off.
public enum WireFault: Error, Equatable, Sendable {
    /// Nothing happened within the failure guard.
    case silence(String)
    /// The connection was reset.
    case reset
    /// The connection ended in the middle of something.
    case ended
    case malformed(String)
}

/// The longest that a test waits for what must happen. Passing tests never come near it.
public let failureGuardSeconds = 60

/// A value that one thread changes and others wait for.
///
/// `@unchecked Sendable`: the condition guards the value.
public final class Watched<Value>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    public init(_ value: Value) { self.value = value }

    public var current: Value {
        condition.lock()
        defer { condition.unlock() }
        return value
    }

    @discardableResult
    public func change<Result>(_ body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        defer { condition.broadcast() }
        return body(&value)
    }

    /// Blocks until the value is as wanted, and returns it.
    @discardableResult
    public func wait(_ what: String = "a value", until isWanted: (Value) -> Bool) throws -> Value {
        let deadline = Date(timeIntervalSinceNow: TimeInterval(failureGuardSeconds))
        condition.lock()
        defer { condition.unlock() }
        while !isWanted(value) {
            guard condition.wait(until: deadline) else { throw WireFault.silence("waiting for \(what)") }
        }
        return value
    }
}

/// Holds threads back until it is opened, once and for all.
public final class Gate: Sendable {
    private let isOpen = Watched(false)

    public init() {}

    public func open() { isOpen.change { $0 = true } }

    public func wait() throws { try isOpen.wait("a gate") { $0 } }
}

/// Looks again and again, a millisecond apart so that others get the processor, until `condition` holds: for what nobody
/// tells of, such as the kernel's table of sockets.
public func eventually(_ what: String = "a condition", _ condition: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: TimeInterval(failureGuardSeconds))
    while try !condition() {
        guard Date() < deadline else { throw WireFault.silence("waiting for \(what)") }
        _ = poll(nil, 0, 1)
    }
}
