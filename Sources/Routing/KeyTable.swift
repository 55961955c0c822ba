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

    /// The numbers of its slots, vacant ones included.
    var slots: Range<Int> { longest < 0 ? 0..<0 : Int(start)..<Int(start) + Int(mask) + 1 }
}

/// Hash tables of byte strings, many small ones in one flat array.
///
/// A slot holds all there is to an entry, the beginning of its key too, so that a look-up costs one cache line as a
/// rule, two for a long key. Never changed after compilation.
struct KeyTable<Value: BitwiseCopyable & Sendable>: ~Copyable, Sendable {
    /// Words of a key that lie in its slot, little-endian.
    static var headWords: Int { 4 }

    struct Slot: BitwiseCopyable, Sendable {
        /// The upper half of the key's hash.
        var tag: UInt32 = 0
        /// Length of the key plus one; zero marks a vacant slot.
        var occupancy: UInt32 = 0
        var head = InlineArray<4, UInt64>(repeating: 0)
        /// Where the rest of the key lies in `tails`.
        var tailStart: UInt32 = 0
        var value: Value
    }

    private var slots = PlainList<Slot>(capacity: 1)
    /// What is left of keys that are longer than a slot's head.
    private var tails: ContiguousArray<UInt64> = []
    private let vacant: Slot
    /// Whether keys are found in any ASCII case. They are then kept in lower case.
    let ignoresCase: Bool
    let hashKey: HashKey

    /// - Parameter vacant: what stands where there is no entry; never seen by anybody.
    init(hashKey: HashKey, ignoringCase: Bool, vacant: Value) {
        self.hashKey = hashKey
        ignoresCase = ignoringCase
        self.vacant = Slot(value: vacant)
    }

    /// The value of the key that is the first `hash.count` bytes of `subject`; nil when there is none.
    @inline(__always)
    func value(for hash: KeyedHash, startOf subject: Span<UInt8>, in region: KeyRegion) -> Value? {
        guard let number = number(hash.value, length: hash.count, startOf: subject, in: region) else { return nil }
        return slots[number].value
    }

    @inline(__always)
    private func number(_ hash: UInt64, length: Int, startOf subject: Span<UInt8>, in region: KeyRegion) -> Int? {
        guard region.longest >= 0 else { return nil }
        let tag = UInt32(truncatingIfNeeded: hash &>> 32)
        let occupancy = UInt32(truncatingIfNeeded: length &+ 1)
        var position = UInt32(truncatingIfNeeded: hash) & region.mask
        while true {
            let number = Int(region.start &+ position)
            if slots[number].occupancy == 0 { return nil }
            if slots[number].tag == tag, slots[number].occupancy == occupancy,
                holdsKey(number, length: length, startOf: subject)
            {
                return number
            }
            position = (position &+ 1) & region.mask
        }
    }

    private func holdsKey(_ number: Int, length: Int, startOf subject: Span<UInt8>) -> Bool {
        var index = 0
        while index &* 8 < length {
            let mine =
                index < Self.headWords
                ? slots[number].head[index] : tails[Int(slots[number].tailStart) &+ index &- Self.headWords]
            if word(index, of: subject, upTo: length) != mine { return false }
            index &+= 1
        }
        return true
    }

    /// A word of a key as it is kept.
    @inline(__always)
    private func word(_ index: Int, of key: Span<UInt8>, upTo length: Int) -> UInt64 {
        let word = key.word(at: index &* 8, upTo: length)
        return ignoresCase ? ByteWord.lowercased(word) : word
    }

    // MARK: Filling

    /// The value in a slot that holds an entry.
    subscript(number: Int) -> Value {
        get { slots[number].value }
        set {
            var slot = slots[number]
            slot.value = newValue
            slots[number] = slot
        }
    }

    /// The numbers of the entries of a region.
    func entries(in region: KeyRegion) -> [Int] { region.slots.filter { slots[$0].occupancy > 0 } }

    /// Room for `count` keys, at most three quarters full and never entirely.
    mutating func makeRegion(for count: Int) -> KeyRegion {
        guard count > 0 else { return KeyRegion() }
        var capacity = 2
        while capacity * 3 < count * 4 { capacity *= 2 }
        let region = KeyRegion(start: UInt32(slots.count), mask: UInt32(capacity - 1))
        for _ in 0..<capacity { slots.append(vacant) }
        return region
    }

    /// The number of the key's entry, which is made with `value` when it is new.
    mutating func entry(for key: Span<UInt8>, in region: inout KeyRegion, otherwise value: Value) -> Int {
        var hash = KeyedHash(hashKey)
        hash.absorb(key: key, ignoringCase: ignoresCase)
        if let known = number(hash.value, length: key.count, startOf: key, in: region) { return known }

        var slot = Slot(
            tag: UInt32(truncatingIfNeeded: hash.value >> 32), occupancy: UInt32(key.count + 1),
            tailStart: UInt32(tails.count), value: value)
        for index in 0..<(key.count + 7) / 8 {
            let word = word(index, of: key, upTo: key.count)
            if index < Self.headWords { slot.head[index] = word } else { tails.append(word) }
        }
        var position = UInt32(truncatingIfNeeded: hash.value) & region.mask
        while slots[Int(region.start + position)].occupancy != 0 { position = (position + 1) & region.mask }
        let number = Int(region.start + position)
        slots[number] = slot
        region.lengths |= 1 << UInt64(key.count & 63)
        region.longest = max(region.longest, Int32(key.count))
        return number
    }
}
