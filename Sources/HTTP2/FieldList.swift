import Bytes
import CNghttp2
import HTTP

/// A list of name and value pairs as nghttp2 takes them, built from head lines in HTTP/1 form.
///
/// The pairs point into the bytes they were made from, so a list is handed to nghttp2, which copies, before those
/// move. Storage is kept from list to list.
struct FieldList: ~Copyable {
    private(set) var pairs: UnsafeMutablePointer<nghttp2_nv>
    private(set) var count = 0
    private var capacity = 64
    private let digits: UnsafeMutablePointer<UInt8>

    init() {
        pairs = .allocate(capacity: capacity)
        digits = .allocate(capacity: 3)
    }

    deinit {
        pairs.deallocate()
        digits.deallocate()
    }

    mutating func clear() { count = 0 }

    /// Appends a pair whose bytes stay where they are.
    mutating func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        if count == capacity { grow() }
        pairs[count] = nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name.baseAddress),
            value: UnsafeMutablePointer(mutating: value.baseAddress), namelen: name.count, valuelen: value.count,
            flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
        count += 1
    }

    mutating func append(_ name: StaticString, _ value: UnsafeBufferPointer<UInt8>) {
        append(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
    }

    mutating func append(status: Status) {
        let code = status.rawValue
        digits[0] = .zero + UInt8(truncatingIfNeeded: code / 100 % 10)
        digits[1] = .zero + UInt8(truncatingIfNeeded: code / 10 % 10)
        digits[2] = .zero + UInt8(truncatingIfNeeded: code % 10)
        append(":status", UnsafeBufferPointer(start: digits, count: 3))
    }

    /// Appends the field lines that follow the start line, but for those that mean something to an HTTP/1
    /// connection alone (RFC 9113 §8.2.2).
    mutating func append(linesOf head: UnsafeBufferPointer<UInt8>) {
        var lines = HeadLines(head)
        while let (name, value) = lines.next() {
            if !Self.isConnectionSpecific(name) { append(name, value) }
        }
    }

    /// Appends what a request head says: pseudo-header fields first, with `Host` as the authority.
    mutating func append(request head: UnsafeBufferPointer<UInt8>, scheme: StaticString) {
        var lines = HeadLines(head)
        let (method, target) = lines.requestLine
        append(":method", method)
        append(":scheme", UnsafeBufferPointer(start: scheme.utf8Start, count: scheme.utf8CodeUnitCount))
        let authority = count
        append(":authority", UnsafeBufferPointer(start: nil, count: 0))
        append(":path", target)
        var hasAuthority = false
        while let (name, value) = lines.next() {
            if name.count == 4, Span(_unsafeElements: name).equalsFoldingCase("host"), !hasAuthority {
                pairs[authority].value = UnsafeMutablePointer(mutating: value.baseAddress)
                pairs[authority].valuelen = value.count
                hasAuthority = true
            } else if !Self.isConnectionSpecific(name) {
                append(name, value)
            }
        }
    }

    /// Appends the fields of a block.
    mutating func append(_ block: borrowing HeaderBlock) {
        for index in 0..<block.count {
            block.name(index).withUnsafeBufferPointer { name in
                block.value(index).withUnsafeBufferPointer { value in append(name, value) }
            }
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: pairs, count: count)
        pairs.deallocate()
        pairs = larger
        capacity *= 2
    }

    /// The first letter and the length rule most names out, those of content among them.
    private static func isConnectionSpecific(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        switch (name.first.map({ $0 | 0x20 }), name.count) {
        case (UInt8(ascii: "c"), 10), (UInt8(ascii: "k"), 10), (UInt8(ascii: "p"), 16), (UInt8(ascii: "t"), 17),
            (UInt8(ascii: "u"), 7), (UInt8(ascii: "h"), 14), (UInt8(ascii: "h"), 4):
            return connectionSpecific.contains(HeaderID(name: Span(_unsafeElements: name)))
        default: return false
        }
    }

    private static let connectionSpecific: HeaderIDSet = [
        .connection, .keepAlive, .proxyConnection, .transferEncoding, .upgrade, .http2Settings, .host,
    ]
}

/// Walks the lines of a head that we have written ourselves.
private struct HeadLines {
    private let head: UnsafeBufferPointer<UInt8>
    private var position: Int

    init(_ head: UnsafeBufferPointer<UInt8>) {
        self.head = head
        position = 0
        position = Self.end(of: 0, head) + 1
    }

    /// Method and target of the start line.
    var requestLine: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) {
        let line = head[..<Self.end(of: 0, head)]
        let space = line.firstIndex(of: .space) ?? 0
        let end = line.lastIndex(of: .space) ?? 0
        return (UnsafeBufferPointer(rebasing: head[..<space]), UnsafeBufferPointer(rebasing: head[(space + 1)..<end]))
    }

    mutating func next() -> (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)? {
        guard position < head.count, head[position] != .carriageReturn else { return nil }
        let bytes = Span(_unsafeElements: head)
        let end = Self.end(of: position, head)
        let colon = bytes.first(.colon, from: position, to: end)
        let name = UnsafeBufferPointer(rebasing: head[position..<colon])
        var start = min(colon + 1, end)
        while start < end, head[start] == .space || head[start] == .tab { start += 1 }
        // The line feed is at `end`, its carriage return before it; blanks at the end are none of the value.
        var valueEnd = max(end - 1, start)
        while valueEnd > start, head[valueEnd - 1] == .space || head[valueEnd - 1] == .tab { valueEnd -= 1 }
        position = end + 1
        return (name, UnsafeBufferPointer(rebasing: head[start..<valueEnd]))
    }

    /// Where the line's line feed stands.
    private static func end(of start: Int, _ head: UnsafeBufferPointer<UInt8>) -> Int {
        Span(_unsafeElements: head).firstIndex(of: .lineFeed, from: start) ?? head.count
    }
}
