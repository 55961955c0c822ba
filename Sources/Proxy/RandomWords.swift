/// Random words for identifiers: xoshiro256**, seeded from the system's generator.
///
/// Fast enough for every request. Not for keys: who sees many outputs could compute the next.
struct RandomWords {
    private var a, b, c, d: UInt64

    init() {
        var system = SystemRandomNumberGenerator()
        a = system.next() | 1
        b = system.next()
        c = system.next()
        d = system.next()
    }

    mutating func next() -> UInt64 {
        let scrambled = b &* 5
        let result = (scrambled &<< 7 | scrambled &>> 57) &* 9
        let shifted = b &<< 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = d &<< 45 | d &>> 19
        return result
    }
}
