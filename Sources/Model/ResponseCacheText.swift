extension ResponseCache {
    /// One line for the policy, then one for each rule of it.
    var lines: [String] {
        var lines = ["response cache \(zone) by \(key)"]
        lines += validities.map { "caches \($0)" }
        if !bypass.isEmpty { lines.append("bypasses the cache where \(bypass.joined(separator: " "))") }
        if !noStore.isEmpty { lines.append("caches nothing where \(noStore.joined(separator: " "))") }
        if minimumUses > 1 { lines.append("caches from request \(minimumUses) on") }
        if !staleConditions.isEmpty { lines.append("stale responses on \(staleConditions)") }
        if answersWhileUpdating { lines.append("stale responses while they are updated") }
        if updatesInBackground { lines.append("stale responses are updated in the background") }
        if revalidates { lines.append("stale responses are revalidated") }
        if let lock {
            lines.append("one request fills, others wait \(lock.timeout.secondsText), or \(lock.age.secondsText) each")
        }
        if !ignoredFields.isEmpty { lines.append("caching ignores \(ignoredFields)") }
        if !convertsHead { lines.append("HEAD fills no cache") }
        return lines
    }

    /// What may not stand in a model.
    var fault: String? {
        if !([key] + bypass + noStore).allSatisfy({ isText($0) }) || key.isEmpty {
            return "holds control bytes, is too long or has no key"
        }
        if validities.contains(where: { $0.seconds < 0 }) || minimumUses < 1 { return "has a number out of range" }
        if let lock, lock.timeout < .zero || lock.age < .zero { return "has a negative time" }
        return nil
    }
}

extension ResponseCache.Validity: CustomStringConvertible {
    public var description: String {
        "\(statuses?.map { "\($0)" }.joined(separator: " ") ?? "every status") for \(seconds)s"
    }
}

extension ResponseCache.IgnoredFields: CustomStringConvertible {
    public var description: String {
        Self.names.filter { contains($0.field) }.map(\.name).joined(separator: " ")
    }
}

extension ResponseCacheZone: CustomStringConvertible {
    public var description: String {
        "\(name), \(bytes) bytes, \(entries) entries, forgotten after \(inactive.secondsText)"
    }

    /// Whether a zone may stand in a model.
    var isValid: Bool {
        !name.isEmpty && isText(name) && (1...Self.ceilingBytes).contains(bytes)
            && (1...Self.ceilingEntries).contains(entries) && inactive > .zero
    }
}
