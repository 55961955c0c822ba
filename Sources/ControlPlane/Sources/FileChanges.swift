/// Manifest files to look at anew, by path.
public struct FileChanges: Sendable, Equatable {
    /// Files that are new or were written.
    public var changed: Set<String>
    /// Files that are gone.
    public var removed: Set<String>

    public init(changed: Set<String> = [], removed: Set<String> = []) {
        self.changed = changed
        self.removed = removed
    }

    public var isEmpty: Bool { changed.isEmpty && removed.isEmpty }

    /// Adds what happened after this.
    public mutating func append(_ later: FileChanges) {
        changed.subtract(later.removed)
        removed.subtract(later.changed)
        changed.formUnion(later.changed)
        removed.formUnion(later.removed)
    }
}
