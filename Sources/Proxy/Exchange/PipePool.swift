import Linux

/// One worker's pipes that are not in use.
struct PipePool: ~Copyable {
    private let limit: Int
    private var free: [Box] = []

    /// Arrays hold no noncopyable values.
    private final class Box {
        var pipe: Pipe?
        init(_ pipe: consuming Pipe) { self.pipe = consume pipe }
    }

    init(keepingAtMost limit: Int) { self.limit = limit }

    /// An empty pipe; nil when the system gives none, and the body is copied instead.
    mutating func take() -> Pipe? {
        if let box = free.popLast() { return box.pipe.take() }
        return try? Pipe()
    }

    /// Takes a pipe back; one that still holds bytes is closed.
    mutating func give(_ pipe: consuming Pipe) {
        guard pipe.count == 0, free.count < limit else { return }
        free.append(Box(consume pipe))
    }
}
