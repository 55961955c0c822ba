import Bytes

extension ResponseHead {
    /// Makes the head anew from what was kept of one.
    ///
    /// - Parameters:
    ///   - reason: the reason phrase; may be empty.
    ///   - fields: field lines in wire form, each with its line end.
    public mutating func restore(_ status: Status, reason: Span<UInt8>, fields: Span<UInt8>) {
        clear()
        self.status = status
        let start = headers.storage.count
        headers.storage.append(reason)
        reasonRange = start..<headers.storage.count
        headers.append(lines: fields)
    }
}

extension HeaderBlock {
    /// Keeps fields of these known names from the next hop; they stay here to be read.
    public mutating func withhold(_ ids: HeaderIDSet) {
        guard containsAny(of: ids) else { return }
        for index in 0..<fields.count where ids.contains(fields[index].id) { fields[index].marks.insert(.nominated) }
    }
}

extension RequestHead {
    /// Has the next hop asked for by GET what the client has asked for by HEAD.
    ///
    /// - Returns: where the client's own method stands, for `askByHead`.
    public mutating func askByGet() -> Range<Int> {
        let sent = methodRange
        let start = headers.storage.count
        headers.storage.append("GET")
        methodRange = start..<start + 3
        method = .get
        return sent
    }

    /// Gives the request its own method back.
    public mutating func askByHead(_ sent: Range<Int>) {
        methodRange = sent
        method = .head
    }
}
