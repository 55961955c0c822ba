internal import Bytes
public import Linux

/// Writes a worker's lines: formats them into a block of its own and hands full blocks over to the
/// log's thread. Nothing here allocates, waits or fails; lines that find no room are dropped and
/// counted.
public struct AccessLogWriter: ~Copyable {
    /// Longest line in bytes, the line feed included; values are cut to fit.
    public static let longestLine = 16 << 10
    /// How long a line may wait for others, in nanoseconds.
    public static let longestWait: UInt64 = 100_000_000

    private let channel: LogChannel
    private var template: LogTemplate
    private var block = ByteBuffer(capacity: LogChannel.blockBytes)
    private var lines = 0
    private var firstLine = Instant.distantFuture
    /// Where in the block the line must end at the latest, its line feed not counted.
    private var lineLimit = 0
    private var time = LogTime()
    private var wall = (seconds: 0, nanoseconds: 0)
    private let processID: Int

    public init(_ channel: LogChannel, format: AccessLogFormat, processID: Int = 0) {
        self.channel = channel
        self.processID = processID
        template = LogTemplate(format)
    }

    /// Another format from the next line on.
    public mutating func use(_ format: AccessLogFormat) { template = LogTemplate(format) }

    /// The header, cookie or argument that a payload of `AccessText` means.
    public func name(_ index: Int) -> [UInt8] { template.names[index] }

    // MARK: Lines

    /// Writes the line of a request that is over.
    ///
    /// - Parameter wall: the time of day, as `WallClock.now` gave it this turn.
    public mutating func write<Source: AccessSource & ~Copyable>(
        _ record: borrowing AccessRecord, from source: borrowing Source, now: Instant,
        wall: (seconds: Int, nanoseconds: Int)
    ) {
        guard makeRoom() else { return channel.countDrop() }
        if lines == 0 { firstLine = now }
        self.wall = wall
        lineLimit = block.writerIndex + Self.longestLine - 1
        for index in template.segments.indices {
            switch template.segments[index] {
            case .literal(let start, let end):
                template.append(literal: Int(start)..<Int(end), to: &block, limit: lineLimit)
            case .record(let variable): write(variable, of: record)
            case .text(let text): source.write(text, to: &self)
            }
        }
        block.append(.lineFeed)
        lines += 1
    }

    /// Hands the lines over if the first of them has waited long enough. Call at the end of a turn.
    public mutating func flushIfDue(now: Instant) {
        guard now >= deadline else { return }
        flush()
        // Nobody takes them at present: a deadline in the past would keep the loop from sleeping.
        if lines > 0 { firstLine = now }
    }

    /// When `flushIfDue` has something to do: the loop should not sleep longer than that.
    public var deadline: Instant { firstLine.advanced(byNanoseconds: Self.longestWait) }

    /// Hands over whatever there is.
    public mutating func flush() {
        guard lines > 0, let empty = channel.takeEmpty() else { return }
        swap(&empty.buffer, &block)
        empty.lines = lines
        lines = 0
        firstLine = .distantFuture
        channel.submit(empty)
    }

    private mutating func makeRoom() -> Bool {
        if block.room >= Self.longestLine { return true }
        flush()
        return block.room >= Self.longestLine
    }

    // MARK: Values

    /// Appends a value, escaped.
    public mutating func append(value: Span<UInt8>) {
        switch template.escaping {
        case .none:
            if value.hasControl { appendOnOneLine(value) } else { append(raw: value) }
        case .standard:
            if value.isPlainForLog { append(raw: value) } else { appendHexEscaped(value) }
        case .json:
            if value.isPlainForLog { append(raw: value) } else { appendJSONEscaped(value) }
        }
    }

    /// Appends a text of ours that needs no escaping, such as `https`.
    public mutating func append(text: StaticString) {
        if text.utf8CodeUnitCount <= room { block.append(text) }
    }

    /// Appends an address without a port.
    public mutating func append(_ address: IPAddress) {
        if room >= 45 { address.write(to: &block) }
    }

    /// Appends a number.
    public mutating func append(number: Int) {
        if room >= ByteBuffer.longestNumber { block.append(decimal: number) }
    }

    /// Appends 16 hexadecimal digits.
    public mutating func append(hexadecimalWord word: UInt64) {
        if room >= 16 { block.append(hexadecimalWord: word) }
    }

    /// Says that the variable has no value.
    public mutating func appendUnset() {
        if template.escaping == .standard, room > 0 { block.append(.hyphen) }
    }

    /// Bytes that the line may still take.
    private var room: Int { lineLimit - block.writerIndex }

    private mutating func append(raw bytes: Span<UInt8>) {
        block.append(bytes.extracting(first: min(bytes.count, room)))
    }

    private mutating func append(_ byte: UInt8) { if room > 0 { block.append(byte) } }

    private mutating func appendHexEscaped(_ value: Span<UInt8>) {
        for index in value.indices {
            guard room >= 4 else { return }
            let byte = value[index]
            if byte < 32 || byte > 126 || byte == .quotationMark || byte == .backslash {
                appendHex(byte)
            } else {
                block.append(byte)
            }
        }
    }

    /// Control bytes but the tab as `\x0A`; everything else as it is.
    private mutating func appendOnOneLine(_ value: Span<UInt8>) {
        for index in value.indices {
            guard room >= 4 else { return }
            let byte = value[index]
            if byte.isControl && byte != .tab { appendHex(byte) } else { block.append(byte) }
        }
    }

    private mutating func appendHex(_ byte: UInt8) {
        block.append("\\x" as StaticString)
        block.append(Self.hexDigit(byte >> 4))
        block.append(Self.hexDigit(byte & 0xF))
    }

    private mutating func appendJSONEscaped(_ value: Span<UInt8>) {
        for index in value.indices {
            guard room >= 6 else { return }
            let byte = value[index]
            switch byte {
            case .quotationMark: block.append("\\\"" as StaticString)
            case .backslash: block.append("\\\\" as StaticString)
            case .lineFeed: block.append("\\n" as StaticString)
            case .carriageReturn: block.append("\\r" as StaticString)
            case .tab: block.append("\\t" as StaticString)
            case 0x08: block.append("\\b" as StaticString)
            case 0x0C: block.append("\\f" as StaticString)
            case 0..<32:
                block.append("\\u00" as StaticString)
                block.append(Self.hexDigit(byte >> 4))
                block.append(Self.hexDigit(byte & 0xF))
            default: block.append(byte)
            }
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? .zero + nibble : 0x37 + nibble }
}

// MARK: Variables of the record

extension AccessLogWriter {
    private mutating func write(_ variable: RecordVariable, of record: borrowing AccessRecord) {
        switch variable {
        case .remoteAddress: append(record.client.address)
        case .remotePort: append(number: Int(record.client.port))
        case .peerAddress: append(record.peer.address)
        case .serverPort: append(number: Int(record.serverPort))
        case .timeLocal:
            time.update(to: wall.seconds)
            if room >= LogTime.longest { time.appendLocal(to: &block) }
        case .timeISO8601:
            time.update(to: wall.seconds)
            if room >= LogTime.longest { time.appendISO8601(to: &block) }
        case .timeSeconds:
            append(number: wall.seconds)
            appendThousandths(UInt32(truncatingIfNeeded: wall.nanoseconds / 1_000_000))
        case .status: append(number: record.status)
        case .requestLength: append(number: record.requestLength)
        case .bodyBytesSent: append(number: record.bodyBytesSent)
        case .bytesSent: append(number: record.bytesSent)
        case .requestTime: append(milliseconds: record.requestTime)
        case .connectionRequests: append(number: record.connectionRequests)
        case .processID: append(number: processID)
        case .never: appendUnset()
        case .upstreamAddress, .upstreamStatus, .upstreamResponseLength, .upstreamResponseTime,
            .upstreamConnectTime, .upstreamHeaderTime:
            writeAttempts(variable, of: record)
        }
    }

    /// Values of several attempts are separated by a comma and a blank, as nginx does.
    private mutating func writeAttempts(_ variable: RecordVariable, of record: borrowing AccessRecord) {
        if record.attemptCount == 0 { return appendUnset() }
        for index in 0..<record.attemptCount {
            if index > 0 { append(text: index == record.groupStart ? " : " : ", ") }
            let attempt = record.attempt(index)
            switch variable {
            case .upstreamAddress: append(attempt.endpoint)
            case .upstreamStatus: attempt.status == 0 ? append(.hyphen) : append(number: Int(attempt.status))
            case .upstreamResponseLength: append(number: attempt.responseLength)
            case .upstreamResponseTime: append(milliseconds: attempt.responseTime)
            case .upstreamConnectTime: append(milliseconds: attempt.connectTime)
            default: append(milliseconds: attempt.headerTime)
            }
        }
    }

    /// `10.0.0.1:8080`, `[2001:db8::1]:8080`
    private mutating func append(_ endpoint: SocketAddress) {
        let isV4 = endpoint.address.isV4
        if !isV4 { append(.leftBracket) }
        append(endpoint.address)
        if !isV4 { append(.rightBracket) }
        append(.colon)
        append(number: Int(endpoint.port))
    }

    /// Seconds with three decimals.
    private mutating func append(milliseconds: UInt32) {
        if milliseconds == UpstreamAttempt.unset { return append(.hyphen) }
        append(number: Int(milliseconds / 1000))
        appendThousandths(milliseconds % 1000)
    }

    private mutating func appendThousandths(_ value: UInt32) {
        append(.dot)
        append(.zero + UInt8(truncatingIfNeeded: value / 100))
        append(.zero + UInt8(truncatingIfNeeded: value / 10 % 10))
        append(.zero + UInt8(truncatingIfNeeded: value % 10))
    }
}

/// A worker's own copy of a format: workers must not share the reference counts of its arrays.
private struct LogTemplate {
    let segments: ContiguousArray<AccessLogFormat.Segment>
    let literals: ContiguousArray<UInt8>
    let names: [[UInt8]]
    let escaping: LogEscaping

    init(_ format: AccessLogFormat) {
        segments = format.segments.copied
        literals = format.literals.copied
        names = format.names.map { Array($0.map(\.self)) }
        escaping = format.escaping
    }

    func append(literal range: Range<Int>, to block: inout ByteBuffer, limit: Int) {
        block.append(literals.span.extracting(range).extracting(first: min(range.count, limit - block.writerIndex)))
    }
}

extension ContiguousArray {
    /// The same elements in storage that nobody else refers to.
    fileprivate var copied: Self {
        var copy = Self()
        copy.reserveCapacity(count)
        copy.append(contentsOf: self)
        return copy
    }
}

extension Span<UInt8> {
    /// Whether there is a byte that could end a line or steer a terminal. The tab does neither.
    fileprivate var hasControl: Bool {
        var special: UInt8 = 0
        for index in indices {
            let byte = self[index]
            special |= (byte < 32 ? 1 : 0) & (byte == .tab ? 0 : 1) | (byte == .delete ? 1 : 0)
        }
        return special != 0
    }

    /// Whether no escaping changes these bytes. Looks at all of them without a branch for each, so
    /// that the compiler can take many at once.
    fileprivate var isPlainForLog: Bool {
        var special: UInt8 = 0
        for index in indices {
            let byte = self[index]
            // Outside of 32...126, `"` or `\`.
            special |= (byte &- 32 > 94 ? 1 : 0) | (byte == .quotationMark ? 1 : 0) | (byte == .backslash ? 1 : 0)
        }
        return special == 0
    }
}
