public import Bytes
import HTTP
public import Pattern

/// What is known of one request beside its head: variables that the configuration sets, groups of patterns, and
/// facts that come up on the way. Templates read it.
///
/// Only requests of routes that need it have one (`RouteFilters.needsVariables`); it is reused from request to
/// request, and what it can hold is bounded.
public final class RequestVariables {
    /// Bytes of all values together.
    public static let capacity = 16 << 10

    /// Values, one behind the other; older values of a variable stay until the next request.
    private(set) var text = ByteBuffer(capacity: RequestVariables.capacity)
    /// Where a value is put together that may read others.
    private var aside = ByteBuffer(capacity: RequestVariables.capacity / 2)
    private var values: ContiguousArray<Range<Int>> = []
    /// The groups of the pattern that matched last: in `text` from there on, or in the normalised path.
    private(set) var groups = Captures()
    private var groupsStart: Int?
    /// Which branch of the route's rules the request went through; 0 is the trunk.
    public internal(set) var branch = 0
    /// Facts beside the head.
    public var facts = RequestFacts()
    private var upstreamAddress = 0..<0
    private var serverAddress = 0..<0

    public init() {}

    /// Forgets the last request.
    ///
    /// - Parameter count: variables that the configuration sets; empty until it does.
    public func begin(count: Int) {
        text.clear()
        if values.count != count { values = ContiguousArray(repeating: 0..<0, count: count) }
        for index in values.indices { values[index] = 0..<0 }
        groups = Captures()
        groupsStart = nil
        branch = 0
        facts = RequestFacts()
        upstreamAddress = 0..<0
        serverAddress = 0..<0
    }

    /// Keeps the groups that the route's pattern matched in the normalised path.
    public func keep(pathGroups captures: Captures) {
        groups = captures
        groupsStart = nil
    }

    /// Sets a variable of the configuration's by its number.
    ///
    /// - Returns: false when there is no room, or no such variable.
    @discardableResult
    public func set(_ variable: Int, to value: Span<UInt8>) -> Bool {
        guard values.indices.contains(variable), let range = append(value) else { return false }
        values[variable] = range
        return true
    }

    /// Says which address the request went to, as the access log writes it.
    public func setUpstreamAddress(_ write: (inout ByteBuffer) -> Void) {
        guard text.room >= 64 else { return }
        let start = text.count
        write(&text)
        upstreamAddress = start..<text.count
    }

    /// Says which address of this machine the request came to.
    public func setServerAddress(_ write: (inout ByteBuffer) -> Void) {
        guard text.room >= 64 else { return }
        let start = text.count
        write(&text)
        serverAddress = start..<text.count
    }
}

extension RequestVariables {
    /// The value of a variable; empty when it was never set.
    func range(of variable: Int) -> Range<Int> { values.indices.contains(variable) ? values[variable] : 0..<0 }
    var upstreamAddressRange: Range<Int> { upstreamAddress }
    var serverAddressRange: Range<Int> { serverAddress }

    /// Where a group lies in `text`; nil when groups are those of the normalised path, or it took no part.
    func rangeInText(ofGroup group: Int) -> Range<Int>? {
        guard let groupsStart, let range = groups[group] else { return nil }
        return groupsStart + range.lowerBound..<groupsStart + range.upperBound
    }

    /// Whether groups are those of the normalised path.
    var hasPathGroups: Bool { groupsStart == nil }

    /// Appends text; nil when there is no room.
    func append(_ value: Span<UInt8>) -> Range<Int>? {
        let start = text.count
        guard text.append(ifRoom: value) else { return nil }
        return start..<text.count
    }

    /// Appends what a template says; nil when there is no room.
    func append(
        _ template: Template, _ head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures
    ) -> Range<Int>? {
        aside.clear()
        guard template.append(for: head, context, captures, variables: self, to: &aside) else { return nil }
        guard aside.count <= text.room else { return nil }
        let start = text.count
        text.append(contentsOf: aside)
        return start..<text.count
    }

    func set(_ variable: Int, to range: Range<Int>) {
        if values.indices.contains(variable) { values[variable] = range }
    }

    /// Keeps the groups of a match in a part of `text`.
    func keep(_ captures: Captures, of subject: Range<Int>) {
        groups = captures
        groupsStart = subject.lowerBound
    }

    func forgetGroups() {
        groups = Captures()
        groupsStart = nil
    }
}

/// Numbers that variables stand for. What is not known yet is nil or zero.
public struct RequestFacts: Sendable {
    /// Seconds since 1970, and thousandths.
    public var wallSeconds: Int64 = 0
    public var wallMilliseconds = 0
    public var processID = 0
    public var connection: UInt64 = 0
    public var connectionRequests = 0
    public var clientPort: UInt16 = 0
    /// Bytes of the request that have been read.
    public var requestLength = 0
    /// Milliseconds since the first byte of the request.
    public var requestTime: UInt32 = 0
    /// Of the response; nil before there is one.
    public var status: Int?
    /// Of the upstream's response; nil when none was asked or answered.
    public var upstreamStatus: Int?
    /// Milliseconds of the last attempt.
    public var connectTime: UInt32?
    public var headerTime: UInt32?
    public var responseTime: UInt32?

    public init() {}
}
