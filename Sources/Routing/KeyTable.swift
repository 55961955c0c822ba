import Bytes

/// Where the keys of one group, such as the paths of one host, lie in a `KeyTable`.
struct KeyRegion: Sendable {
    /// The first slot.
    var start: UInt32 = 0
    /// Number of slots less one; the number is a power of two.
    var mask: UInt32 = 0
    /// Bit `n & 63` is set when there is a key of `n` bytes: most prefixes of a path need no look-up.
    var lengths: UInt64 = 0
    /// Length of the longest key; -1 when there is none.
    var longest: Int32 = -1

    @inline(__always)
    func mayHold(keyOf length: Int) -> Bool { lengths &>> UInt64(truncatingIfNeeded: length & 63) & 1 == 1 }
}

/// Hash tables of byte strings, many small ones in four flat arrays.
///
/// A hit costs the slot, the entry and the key's bytes, one cache line each as a rule; a miss the slot
/// alone. Never changed after compilation.
struct KeyTable<Value: Sendable>: Sendable {
    struct Slot: Sendable {
        /// The upper half of the key's hash.
        var tag: UInt32
        /// The entry's number plus one; zero marks a vacant slot.
        var entry: UInt32
    }

    struct Entry: Sendable {
        var keyStart: UInt32
        var keyCount: UInt32
        var value: Value
    }

    private(set) var slots: ContiguousArray<Slot> = []
    var entries: ContiguousArray<Entry> = []
    private(set) var bytes: ContiguousArray<UInt8> = []
    /// Whether keys are found in any ASCII case. They are then kept in lower case.
    let ignoresCase: Bool
    let hashKey: HashKey

    init(hashKey: HashKey, ignoringCase: Bool) {
        self.hashKey = hashKey
        ignoresCase = ignoringCase
    }

    /// The value of the key that is the first `hash.count` bytes of `subject`; nil when there is none.
    @inline(__always)
    func value(for hash: KeyedHash, startOf subject: Span<UInt8>, in region: KeyRegion) -> Value? {
        guard let index = index(hash.value, length: hash.count, startOf: subject, in: region) else { return nil }
        return entries[index].value
    }

    @inline(__always)
    private func index(_ hash: UInt64, length: Int, startOf subject: Span<UInt8>, in region: KeyRegion) -> Int? {
        let tag = UInt32(truncatingIfNeeded: hash &>> 32)
        var position = UInt32(truncatingIfNeeded: hash) & region.mask
        while true {
            let slot = slots[Int(region.start &+ position)]
            if slot.entry == 0 { return nil }
            if slot.tag == tag, holdsKey(Int(slot.entry) - 1, length: length, startOf: subject) {
                return Int(slot.entry) - 1
            }
            position = (position &+ 1) & region.mask
        }
    }

    private func holdsKey(_ entry: Int, length: Int, startOf subject: Span<UInt8>) -> Bool {
        let keyStart = Int(entries[entry].keyStart)
        guard Int(entries[entry].keyCount) == length else { return false }
        for offset in 0..<length {
            let byte = ignoresCase ? subject[offset].lowercased : subject[offset]
            if bytes[keyStart &+ offset] != byte { return false }
        }
        return true
    }

    // MARK: Filling

    /// Room for `count` keys, at most three quarters full and never entirely.
    mutating func makeRegion(for count: Int) -> KeyRegion {
        guard count > 0 else { return KeyRegion() }
        var capacity = 2
        while capacity * 3 < count * 4 { capacity *= 2 }
        let region = KeyRegion(start: UInt32(slots.count), mask: UInt32(capacity - 1))
        slots.append(contentsOf: repeatElement(Slot(tag: 0, entry: 0), count: capacity))
        return region
    }

    /// The number of the key's entry, which is made with `value` when it is new.
    mutating func entry(for key: Span<UInt8>, in region: inout KeyRegion, otherwise value: Value) -> Int {
        var hash = KeyedHash(hashKey)
        for offset in 0..<key.count { hash.absorb(ignoresCase ? key[offset].lowercased : key[offset]) }
        if let known = index(hash.value, length: key.count, startOf: key, in: region) { return known }

        entries.append(Entry(keyStart: UInt32(bytes.count), keyCount: UInt32(key.count), value: value))
        for offset in 0..<key.count { bytes.append(ignoresCase ? key[offset].lowercased : key[offset]) }
        var position = UInt32(truncatingIfNeeded: hash.value) & region.mask
        while slots[Int(region.start + position)].entry != 0 { position = (position + 1) & region.mask }
        slots[Int(region.start + position)] = Slot(
            tag: UInt32(truncatingIfNeeded: hash.value >> 32), entry: UInt32(entries.count))
        region.lengths |= 1 << UInt64(key.count & 63)
        region.longest = max(region.longest, Int32(key.count))
        return entries.count - 1
    }
}
