import Bytes

/// The parts of `Authorization: Digest …` as ranges of its value (RFC 7616 §3.4).
struct DigestAnswer {
    private(set) var username = 0..<0
    private(set) var realm = 0..<0
    private(set) var nonce = 0..<0
    private(set) var uri = 0..<0
    private(set) var response = 0..<0
    private(set) var cnonce = 0..<0
    private(set) var nc = 0..<0
    private var qop = 0..<0
    private var algorithm = 0..<0
    private var seen = Set<Int>()

    private static let names: [StaticString] = [
        "username", "realm", "nonce", "uri", "response", "cnonce", "nc", "qop", "algorithm",
    ]

    /// - Returns: nil for anything but one MD5 answer with `qop=auth`; also when a part is missing, comes twice, or holds an
    ///   escaped quote, which no name here needs.
    init?(_ value: Span<UInt8>) {
        guard value.count > 7, value.extracting(0..<7).equalsIgnoringCase(("digest " as StaticString).bytes) else {
            return nil
        }
        var position = 7
        while true {
            while position < value.count, value[position] == .space || value[position] == .comma { position += 1 }
            if position == value.count { break }
            guard let next = take(value, from: position) else { return nil }
            position = next
        }
        for part in [nonce, uri, response, cnonce, nc] where part.isEmpty { return nil }
        guard seen.contains(0), seen.contains(1),
            value.extracting(qop).equalsIgnoringCase(("auth" as StaticString).bytes),
            nc.count == 8, response.count == 32,
            algorithm.isEmpty || value.extracting(algorithm).equalsIgnoringCase(("md5" as StaticString).bytes)
        else { return nil }
    }

    /// Takes one `name=value` and returns where the next begins.
    private mutating func take(_ value: Span<UInt8>, from start: Int) -> Int? {
        guard let equals = value.firstIndex(of: .equals, from: start), equals + 1 < value.count else { return nil }
        let name = value.extracting(start..<equals)
        var end = equals + 1
        var range: Range<Int>
        if value[end] == UInt8(ascii: "\"") {
            guard let close = value.firstIndex(of: UInt8(ascii: "\""), from: end + 1) else { return nil }
            range = end + 1..<close
            end = close + 1
        } else {
            while end < value.count, value[end] != .comma, value[end] != .space { end += 1 }
            range = equals + 1..<end
        }
        for index in range where value[index] == UInt8(ascii: "\\") { return nil }
        for (number, known) in Self.names.enumerated() where name.equalsIgnoringCase(known.bytes) {
            guard seen.insert(number).inserted else { return nil }
            self[number] = range
        }
        return end
    }

    private subscript(number: Int) -> Range<Int> {
        get { 0..<0 }
        set {
            switch number {
            case 0: username = newValue
            case 1: realm = newValue
            case 2: nonce = newValue
            case 3: uri = newValue
            case 4: response = newValue
            case 5: cnonce = newValue
            case 6: nc = newValue
            case 7: qop = newValue
            default: algorithm = newValue
            }
        }
    }
}
