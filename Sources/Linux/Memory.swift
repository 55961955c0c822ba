import CLinux

/// The process's heap as the system sees it.
public enum Memory {
    /// Gives pages that nothing lives on back to the system. Worth its milliseconds after something large
    /// was taken apart, which otherwise stays part of the process for good.
    public static func returnFreePages() {
        malloc_trim(0)
    }
}

/// Where an object lies, for telling the processor early that it will be written: who waits for memory waits for a
/// tenth of a microsecond.
///
/// Keeps no object alive and reaches none: the object may be gone.
public struct MemoryHint: Sendable {
    private let address: UInt

    /// Of nothing.
    public init() { address = 0 }

    public init(of object: AnyObject) { address = UInt(bitPattern: ObjectIdentifier(object)) }

    /// Has the processor fetch the first two cache lines of the object. Reads and changes nothing.
    public func expectWrites() { gh_expect_writes(address) }
}
