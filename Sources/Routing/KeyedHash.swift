import Bytes

/// The secret of a set of tables. Drawn anew for each, so that nobody can choose names and paths that collide.
struct HashKey: Sendable {
    let start: UInt64
    let multiplier: UInt64
    let finisher: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        start = generator.next()
        multiplier = generator.next() | 1
        finisher = generator.next() | 1
    }
}

/// A keyed hash taken byte by byte, whose value can be asked for after every byte: one pass over a path
/// gives the hash of each of its prefixes.
///
/// Eight bytes at a time are mixed by folding a 128-bit product. Meant for tables, not for signatures.
struct KeyedHash {
    private var state: UInt64
    private var word: UInt64 = 0
    private(set) var count = 0
    private let key: HashKey

    @inline(__always)
    init(_ key: HashKey) {
        self.key = key
        state = key.start
    }

    @inline(__always)
    mutating func absorb(_ byte: UInt8) {
        word |= UInt64(byte) &<< (UInt64(truncatingIfNeeded: count & 7) &* 8)
        count &+= 1
        if count & 7 == 0 {
            state = KeyedHash.fold(state ^ word, key.multiplier)
            word = 0
        }
    }

    /// Absorbs a whole key, in lower case if asked, as if byte by byte. Nothing was absorbed before.
    @inline(__always)
    mutating func absorb(key: Span<UInt8>, ignoringCase: Bool) {
        var offset = 0
        while offset &+ 8 <= key.count {
            let next = key.word(at: offset)
            state = KeyedHash.fold(state ^ (ignoringCase ? ByteWord.lowercased(next) : next), self.key.multiplier)
            offset &+= 8
        }
        if offset < key.count {
            let rest = key.word(at: offset, upTo: key.count)
            word = ignoringCase ? ByteWord.lowercased(rest) : rest
        }
        count = key.count
    }

    /// The hash of the bytes so far.
    @inline(__always)
    var value: UInt64 {
        KeyedHash.fold(state ^ word, key.finisher ^ UInt64(truncatingIfNeeded: count))
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
