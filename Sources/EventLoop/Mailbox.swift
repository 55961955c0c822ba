public import Linux
import Synchronization

/// Messages from other threads to the owner of a loop. The only way in besides the snapshot cell.
public final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    /// Wakes the loop; register it with `EventLoop.wake`.
    public let wakeEvent: EventFD

    public init() throws(Errno) { wakeEvent = try EventFD() }

    /// Safe from any thread. The receiver's loop wakes.
    public func send(_ message: Message) {
        messages.withLock { $0.append(message) }
        wakeEvent.signal()
    }

    /// Wakes the loop without a message.
    public func wake() { wakeEvent.signal() }

    /// Takes everything that has arrived.
    public func drain() -> [Message] {
        messages.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }
}
