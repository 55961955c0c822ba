/// The name closest to `name`, when it is close enough to be what was meant; nil otherwise.
///
/// Letters that differ only in case cost nothing, so `pathtype` finds `pathType`; a name cut short
/// (`ingressClass`) finds the whole one when nothing is closer.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().utf8)
    guard wanted.count <= 128 else { return nil }
    let allowance = max(1, min(3, wanted.count / 3))
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let letters = Array(candidate.lowercased().utf8)
        if best == nil, wanted.count >= 4, letters.starts(with: wanted) { best = (candidate, allowance + 1) }
        guard abs(letters.count - wanted.count) <= allowance else { continue }
        let distance = editDistance(wanted, letters)
        if distance <= allowance, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        row.reserveCapacity(b.count + 1)
        for j in 0..<b.count {
            var distance = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforeLast[j - 1] + 1) }
            row.append(distance)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}

/// The forms of name that Kubernetes asks for (RFC 1123 and RFC 1035, narrowed to lower case).
enum NameForm {
    /// Labels joined by dots, 253 characters in all.
    case subdomain
    /// Letters, digits and inner dashes, at most 63.
    case label
    /// A label that begins with a letter.
    case serviceLabel

    func admits(_ name: String) -> Bool {
        switch self {
        case .subdomain:
            name.utf8.count <= 253
                && name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                    Self.isLabel($0)
                }
        case .label: name.utf8.count <= 63 && Self.isLabel(name.utf8[...])
        case .serviceLabel: Self.label.admits(name) && !(name.utf8.first.map(Self.isDigit) ?? true)
        }
    }

    var described: String {
        switch self {
        case .subdomain: "lower-case letters, digits, '-' and '.', at most 253"
        case .label: "lower-case letters, digits and '-', at most 63"
        case .serviceLabel: "lower-case letters, digits and '-', beginning with a letter, at most 63"
        }
    }

    private static func isLabel(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }
}
