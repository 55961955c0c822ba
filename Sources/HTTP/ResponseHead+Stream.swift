import Bytes

/// A response head made of fields that a protocol with streams delivers one by one, with the same bytes and
/// conclusions as one that was parsed.
extension ResponseHead {
    /// Makes room for the next response.
    public mutating func beginStream(_ status: Status) {
        clear()
        version = .http2
        self.status = status
        let start = headers.storage.count
        headers.storage.append(status.reason)
        reasonRange = start..<headers.storage.count
    }

    /// Takes a regular field, whose name is in lower case.
    ///
    /// - Returns: false when it holds what may not stand in a field.
    public mutating func takeField(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        guard FieldSyntax.isName(name), FieldSyntax.isValue(value) else { return false }
        let start = headers.storage.count
        headers.storage.append(name)
        headers.storage.append(": ")
        let valueStart = headers.storage.count
        headers.storage.append(value)
        headers.add(
            HeaderField(
                id: HeaderID(name: name), name: start..<start + name.count, value: valueStart..<headers.storage.count))
        headers.storage.append("\r\n")
        return true
    }
}

extension HeadLimits {
    /// Whether the fields of a head that came one by one are as few and as short as a parser demands of those that come as
    /// text.
    public func allow(_ headers: borrowing HeaderBlock) -> Bool {
        guard headers.count <= fieldCount else { return false }
        if headers.encodedLength < min(fieldLineBytes, totalFieldBytes) { return true }
        var total = 2
        for index in 0..<headers.count {
            let line = headers[index].name.count + headers[index].value.count + 4
            guard line <= fieldLineBytes else { return false }
            total += line
        }
        return total <= totalFieldBytes
    }
}
