public import Synchronization

/// Hands the newest snapshot to readers that look once a turn.
///
/// A look costs one atomic load; the lock is touched only when there is something new. Each reader
/// keeps its own reference, and the last to leave frees an old snapshot.
public final class SnapshotCell<Snapshot: AnyObject & Sendable>: Sendable {
    private let current: Mutex<Snapshot>
    @usableFromInline let generation = Atomic<UInt64>(1)

    public init(_ first: Snapshot) { current = Mutex(first) }

    /// Replaces the snapshot. Readers adopt it at their next look.
    public func publish(_ snapshot: Snapshot) {
        current.withLock { $0 = snapshot }
        generation.wrappingAdd(1, ordering: .releasing)
    }

    /// Whether there is a newer one than the generation `seen`: what is asked in every turn.
    @inlinable @inline(__always)
    public func hasNewer(than seen: UInt64) -> Bool { generation.load(ordering: .relaxed) != seen }

    /// The snapshot when it is newer than the generation `seen`, which is 0 at first.
    public func newer(than seen: inout UInt64) -> Snapshot? {
        let latest = generation.load(ordering: .acquiring)
        guard latest != seen else { return nil }
        seen = latest
        return current.withLock { $0 }
    }
}
