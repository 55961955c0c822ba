import Glibc
import Synchronization

/// A fixed number of 64-bit words that threads share, all zero at first. The system gives memory for them only where a
/// word is written, so a large table that nobody uses costs nothing.
///
/// Every access is one relaxed atomic operation: each word stands for itself.
@safe
public final class AtomicWords: Sendable {
    // The storage is written through atomic operations alone and lives as long as the object.
    private nonisolated(unsafe) let base: UnsafeMutablePointer<Atomic<UInt64>>
    public let count: Int

    /// Memory that was reserved and is never backed by more than what is written.
    public var byteCount: Int { count * 8 }

    /// - Precondition: the system has address space for `count` words.
    public init(count: Int) {
        precondition(count > 0, "a table has at least one word")
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let memory = mmap(nil, count * 8, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
            fatalError("no address space for a table of \(count) words")
        }
        // A word of zeros is an atomic zero.
        base = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        self.count = count
    }

    deinit { munmap(base, count * 8) }

    /// What the word holds; without order towards others.
    public func load(_ index: Int) -> UInt64 { word(index).pointee.load(ordering: .relaxed) }

    /// Stores `desired` if the word is `expected`.
    ///
    /// - Returns: whether it did, and what stood there before.
    public func compareExchange(
        _ index: Int, expected: UInt64, desired: UInt64
    ) -> (exchanged: Bool, original: UInt64) {
        word(index).pointee.compareExchange(expected: expected, desired: desired, ordering: .relaxed)
    }

    /// Takes `amount` away.
    public func subtract(_ amount: UInt64, at index: Int) {
        word(index).pointee.wrappingSubtract(amount, ordering: .relaxed)
    }

    @inline(__always)
    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        precondition(index >= 0 && index < count, "no such word")
        return base + index
    }
}
