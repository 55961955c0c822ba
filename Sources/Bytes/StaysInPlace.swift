import Synchronization

/// A field that keeps the struct which has it at its place in memory.
///
/// A noncopyable struct of plain fields is loaded like a number: where it is borrowed from an object for longer than one
/// access - a span of its bytes is in use, or it is somebody's argument - all its fields are copied to the stack first, since
/// the object might change meanwhile. An atomic has an address of its own, so a struct that holds one is passed by address.
public struct StaysInPlace: ~Copyable, Sendable {
    private let place = Atomic<UInt8>(0)

    public init() {}
}
