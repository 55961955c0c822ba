/// Names a place in a `SlotTable` and the tenant it had when the name was given.
public struct SlotID: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32

    init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    /// As carried by the kernel in an event.
    init(tag: UInt64) {
        index = UInt32(truncatingIfNeeded: tag)
        generation = UInt32(truncatingIfNeeded: tag >> 32)
    }

    var tag: UInt64 { UInt64(generation) << 32 | UInt64(index) }
}

/// Registered objects by place, with a generation for each place: an event that was on its way when
/// its object left never reaches the next tenant.
struct SlotTable<Element: AnyObject> {
    private struct Slot {
        var generation: UInt32
        /// There is something to tell the object.
        var isNoted = false
        var element: Element?
    }

    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<UInt32> = []

    /// How many objects are registered.
    var count: Int { slots.count - free.count }

    mutating func insert(_ element: Element) -> SlotID {
        if let index = free.popLast() {
            slots[Int(index)].element = element
            slots[Int(index)].isNoted = false
            return SlotID(index: index, generation: slots[Int(index)].generation)
        }
        slots.append(Slot(generation: 0, element: element))
        return SlotID(index: UInt32(slots.count - 1), generation: 0)
    }

    /// Puts another object into the place of one that is registered.
    mutating func replace(_ id: SlotID, by element: Element) {
        let index = Int(id.index)
        guard index < slots.count, slots[index].generation == id.generation else { return }
        slots[index].element = element
    }

    mutating func remove(_ id: SlotID) {
        let index = Int(id.index)
        guard index < slots.count, slots[index].generation == id.generation, slots[index].element != nil else { return }
        slots[index].element = nil
        slots[index].generation &+= 1
        free.append(id.index)
    }

    /// Notes that there is something to tell the object, if it is still there.
    mutating func note(_ id: SlotID) {
        let index = Int(id.index)
        guard index < slots.count, slots[index].generation == id.generation else { return }
        slots[index].isNoted = true
    }

    /// Whether there is something to tell the object.
    func isNoted(_ id: SlotID) -> Bool {
        let index = Int(id.index)
        return index < slots.count && slots[index].generation == id.generation && slots[index].isNoted
    }

    /// The object, or nil when it has left. It is being told.
    mutating func takeNoted(_ id: SlotID) -> Element? {
        let index = Int(id.index)
        guard index < slots.count, slots[index].generation == id.generation else { return nil }
        if slots[index].isNoted { slots[index].isNoted = false }
        return slots[index].element
    }

    /// The object, or nil when it has left.
    subscript(id: SlotID) -> Element? {
        let index = Int(id.index)
        guard index < slots.count, slots[index].generation == id.generation else { return nil }
        return slots[index].element
    }

    /// Calls `body` for every object that was registered when the call began.
    func forEach(_ body: (Element) -> Void) {
        for slot in slots { if let element = slot.element { body(element) } }
    }
}
