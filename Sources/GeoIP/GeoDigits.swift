/// The digits of a number, on the stack.
struct GeoDigits {
    /// From the end backwards.
    private var bytes = InlineArray<32, UInt8>(repeating: 0)
    private var start = 32

    /// The places behind the point that nginx's module prints.
    private static let places = 5
    /// Beyond this a fraction is no coordinate, and nothing is known.
    private static let largest = 1e12

    /// Nothing for what isn't a number.
    init(_ value: GeoValue) {
        switch value {
        case .unsigned(let number): write(number)
        case .signed(let number):
            write(UInt64(number.magnitude))
            if number < 0 { put(UInt8(ascii: "-")) }
        case .fraction(let number) where abs(number) < Self.largest: write(number)
        case .fraction, .none, .text, .flag: break
        }
    }

    borrowing func use<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(bytes.span.extracting(start..<32))
    }

    private mutating func write(_ number: Double) {
        let scaled = UInt64((abs(number) * 100_000).rounded(.toNearestOrEven))
        var rest = scaled
        for _ in 0..<Self.places {
            put(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        put(UInt8(ascii: "."))
        write(rest)
        if number < 0 { put(UInt8(ascii: "-")) }
    }

    private mutating func write(_ number: UInt64) {
        var rest = number
        repeat {
            put(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
    }

    private mutating func put(_ byte: UInt8) {
        start -= 1
        bytes[start] = byte
    }
}
