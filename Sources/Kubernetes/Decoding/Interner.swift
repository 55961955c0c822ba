import Synchronization

/// Gives one copy of texts that occur in many objects, such as the names of annotations.
final class Interner: Sendable {
    private let texts = Mutex<Set<String>>([])
    /// Past this many different texts they are passed through, so that memory stays bounded.
    private static let capacity = 4096

    /// A text equal to `text`, shared with earlier ones. Short texts need no memory of their own.
    func shared(_ text: String) -> String {
        guard text.utf8.count > 15 else { return text }
        return texts.withLock { texts in
            if let index = texts.firstIndex(of: text) { return texts[index] }
            if texts.count < Self.capacity { texts.insert(text) }
            return text
        }
    }
}
