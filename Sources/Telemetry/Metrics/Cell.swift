internal import Synchronization

/// A number that one thread writes and others read: the metrics of a worker.
///
/// A plain load and store instead of an atomic addition, so that counting costs what an ordinary
/// variable costs. Correct because no two threads ever write the same cell.
struct Cell: ~Copyable {
    private let value = Atomic<UInt64>(0)

    @inline(__always)
    func add(_ amount: UInt64) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// For gauges; kept in two's complement.
    @inline(__always)
    func add(signed amount: Int) { add(UInt64(bitPattern: Int64(amount))) }

    func set(_ amount: UInt64) { value.store(amount, ordering: .relaxed) }

    var current: UInt64 { value.load(ordering: .relaxed) }
    /// Never below zero: parts of a gauge that moves between cells are read one after the other.
    var gauge: UInt64 { UInt64(max(0, Int64(bitPattern: current))) }
}
