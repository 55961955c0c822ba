public import Linux

/// What the loop calls when a descriptor becomes ready or a deadline passes: the base of connections
/// and listeners.
///
/// A handler belongs to one loop and lives on its thread. Its `id` is its registration; others keep
/// that rather than a reference where a late call must not reach a successor.
open class EventHandler {
    /// The registration; nil while there is none.
    public internal(set) final var id: SlotID?
    /// When `deadlinePassed` is due; `distantFuture` for never. Set by `EventLoop.setDeadline`.
    public internal(set) final var deadline = Instant.distantFuture
    /// The wheel's tick that holds an entry for this handler; `.max` when none does.
    final var armedTick = UInt64.max

    public init() {}

    /// The descriptor became ready. Edge-triggered: it is not told again before something changes.
    open func ready(_ readiness: Readiness) {}

    /// The deadline has passed and is no longer set.
    open func deadlinePassed() {}

    /// The turn that `EventLoop.resumeLater` asked for.
    open func resumed() {}
}
