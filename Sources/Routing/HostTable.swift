import Bytes
import Model
import Pattern

/// Finds the virtual host that answers for a name.
///
/// In the order that nginx gives them under ingress-nginx: exact name, exact alias, alias with an asterisk
/// in front (the longest), alias with an asterisk behind (the longest), wildcard host, regex alias in the
/// order of hosts, and at last the host for any name.
struct HostTable: ~Copyable, Sendable {
    /// Names longer than DNS allows belong to the host for any name.
    static let longestName = 253

    enum Outcome: Equatable {
        case host(Int)
        case none
        case limitExceeded(host: Int)
    }

    /// Values are numbers of virtual hosts.
    var table: KeyTable<Int32>
    var names = KeyRegion()
    var leadingWildcards = KeyRegion()
    var trailingWildcards = KeyRegion()
    var wildcardHosts = KeyRegion()
    var patterns: [(pattern: Int, host: Int)] = []
    /// The host for any name; -1 when there is none.
    var anyHost = -1
    private let stays = StaysInPlace()

    /// - Parameter name: in any case, without port and trailing dot.
    @inline(__always)
    func match(_ name: Span<UInt8>, _ patternList: PatternList, _ scratch: inout PatternScratch) -> Outcome {
        if name.count > 0, name.count <= HostTable.longestName {
            if let host = exactMatch(name) { return .host(host) }
            if leadingWildcards.longest >= 0, let host = leadingWildcardMatch(name) { return .host(host) }
            if trailingWildcards.longest >= 0, let host = trailingWildcardMatch(name) { return .host(host) }
            if wildcardHosts.longest >= 0, let host = wildcardHostMatch(name) { return .host(host) }
            for (pattern, host) in patterns {
                switch patternList.match(at: pattern, name, &scratch) {
                case .match: return .host(host)
                case .noMatch: continue
                case .limitExceeded: return .limitExceeded(host: host)
                }
            }
        }
        return anyHost >= 0 ? .host(anyHost) : .none
    }

    func exactMatch(_ name: Span<UInt8>) -> Int? {
        value(of: name, in: names)
    }

    /// The host whose name is `*.` and all of `name` after its first label.
    func wildcardHostMatch(_ name: Span<UInt8>) -> Int? {
        var dot = 0
        while dot < name.count, name[dot].isWildcardLabel { dot += 1 }
        guard dot > 0, dot < name.count, name[dot] == .dot else { return nil }
        return value(of: name.extracting((dot + 1)...), in: wildcardHosts)
    }

    func leadingWildcardMatch(_ name: Span<UInt8>) -> Int? {
        for dot in 1..<max(name.count, 1) where name[dot] == .dot {
            let suffix = name.extracting((dot + 1)...)
            if leadingWildcards.mayHold(keyOf: suffix.count), let host = value(of: suffix, in: leadingWildcards) {
                return host
            }
        }
        return nil
    }

    func trailingWildcardMatch(_ name: Span<UInt8>) -> Int? {
        var best: Int?
        var hash = KeyedHash(table.hashKey)
        for offset in 0..<min(name.count - 1, Int(trailingWildcards.longest) + 1) {
            if name[offset] == .dot, trailingWildcards.mayHold(keyOf: offset),
                let host = table.value(for: hash, startOf: name, in: trailingWildcards)
            {
                best = Int(host)
            }
            hash.absorb(name[offset].lowercased)
        }
        return best
    }

    @inline(__always)
    private func value(of key: Span<UInt8>, in region: KeyRegion) -> Int? {
        guard region.longest >= 0 else { return nil }
        var hash = KeyedHash(table.hashKey)
        hash.absorb(key: key, ignoringCase: true)
        return table.value(for: hash, startOf: key, in: region).map { Int($0) }
    }
}

extension UInt8 {
    /// What a label must consist of for a wildcard host to match: `[A-Za-z0-9_-]`.
    fileprivate var isWildcardLabel: Bool { isLetter || isDigit || self == .hyphen || self == .underscore }
}

extension Span<UInt8> {
    /// Length of the host name at the start of a `Host` field's value: without port and without one trailing dot.
    var hostNameLength: Int {
        var end = 0
        if count > 0, self[0] == .leftBracket {
            while end < count, self[end] != .rightBracket { end += 1 }
            return Swift.min(end + 1, count)
        }
        while end < count, self[end] != .colon { end += 1 }
        if end > 0, self[end - 1] == .dot { end -= 1 }
        return end
    }
}
