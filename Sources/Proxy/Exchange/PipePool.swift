import Linux

/// One worker's pipes that are not in use.
struct PipePool: ~Copyable {
    /// The first `count` hold a pipe each; the rest wait to hold one.
    private let boxes: [Box]
    private var count = 0

    /// Arrays hold no noncopyable values.
    private final class Box {
        var pipe: Pipe?
    }

    init(keepingAtMost limit: Int) { boxes = (0..<limit).map { _ in Box() } }

    /// An empty pipe; nil when the system gives none, and the body is copied instead.
    mutating func take() -> Pipe? {
        guard count > 0 else { return try? Pipe() }
        count -= 1
        return boxes[count].pipe.take()
    }

    /// Takes a pipe back; one that still holds bytes is closed.
    mutating func give(_ pipe: consuming Pipe) {
        guard pipe.count == 0, count < boxes.count else { return }
        boxes[count].pipe = consume pipe
        count += 1
    }
}
