public import Bytes
public import HTTP
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
    /// The values' names, as the route numbers them.
    private var names: [String] = []
    /// Room for `adopt`.
    private var earlier: ContiguousArray<Range<Int>> = []
    /// The groups of the pattern that matched last: in `text` from there on, or in the normalised path.
    private(set) var groups = Captures()
    private var groupsStart: Int?
    /// Which branch of the route's rules the request went through; 0 is the trunk.
    public internal(set) var branch = 0
    /// How often a rule had a route searched for another path.
    public private(set) var searches = 0
    /// The rules of the host have been asked.
    private(set) var isPastHost = false
    /// A rule or an error has led the request to its route.
    private(set) var isLed = false
    /// How often that may be for one request, as nginx has it.
    public static let searchLimit = 10
    /// Facts beside the head.
    public var facts = RequestFacts()
    private var upstreamAddress = 0..<0
    private var serverAddress = 0..<0
    /// The path in decoded form and the query, once a rule has changed them.
    private(set) var path: Range<Int>?
    private(set) var query: Range<Int>?

    /// `$request_body`, once it has been read
    private(set) var body = ByteBuffer()
    /// Bytes of a body that are kept; a longer one is not known.
    public static let bodyLimit = 64 << 10

    /// `$hostname`
    let machineName: [UInt8]

    /// - Parameter machineName: what this machine is called.
    public init(machineName: [UInt8] = []) { self.machineName = machineName }

    /// Forgets the last request.
    ///
    /// - Parameter names: variables that the configuration sets; empty until it does.
    public func begin(_ names: [String] = []) {
        text.clear()
        self.names = names
        values.removeAll(keepingCapacity: true)
        for _ in names.indices { values.append(0..<0) }
        groups = Captures()
        groupsStart = nil
        branch = 0
        facts = RequestFacts()
        upstreamAddress = 0..<0
        serverAddress = 0..<0
        path = nil
        query = nil
        searches = 0
        isPastHost = false
        isLed = false
        if body.capacity > 0 { body.release() }
    }

    /// Keeps the request's body for templates, unless it is longer than `bodyLimit`.
    public func keepBody(_ bytes: Span<UInt8>) {
        guard bytes.count <= Self.bodyLimit else { return }
        body.release()
        body.grow(to: bytes.count)
        body.append(bytes)
    }

    /// Appends the body.
    func appendBody(_ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        Self.append(body, escaping, to: &buffer)
    }

    private static func append(_ body: borrowing ByteBuffer, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool
    {
        buffer.append(decoded: body.readable, escaping)
    }

    /// Goes on with another route of the same request: values stay, what a rule did to the path is the head's now.
    public func goOn() {
        isPastHost = true
        goOn(changingPath: true)
    }

    /// Goes on with a route that answers in place of an error. As in nginx the rules of the host are asked again when
    /// another path is asked for.
    public func goOnAfterError(changingPath: Bool) {
        isPastHost = !changingPath
        goOn(changingPath: changingPath)
    }

    private func goOn(changingPath: Bool) {
        if changingPath { searches += 1 }
        isLed = true
        path = nil
        query = nil
        branch = 0
        forgetGroups()
    }

    /// Takes the variables of another route of the same request: those that it names, too, keep their values.
    public func adopt(_ names: [String]) {
        guard names != self.names else { return }
        swap(&values, &earlier)
        values.removeAll(keepingCapacity: true)
        for name in names {
            let number = self.names.firstIndex(of: name)
            values.append(number.map { earlier[$0] } ?? 0..<0)
        }
        self.names = names
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

    /// Sets a variable to the first field of a name.
    public func set(_ variable: Int, toField name: [UInt8], of headers: borrowing HeaderBlock) {
        guard let index = headers.firstIndex(named: name.span) else { return }
        set(variable, to: headers.value(index))
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

    /// The groups that the route's pattern matched; nil when the last ones are of another text.
    var pathGroups: Captures? { hasPathGroups ? groups : nil }

    func setPath(_ path: Range<Int>, query: Range<Int>) {
        self.path = path
        self.query = query
    }

    /// Whether a rule has changed the path.
    var hasNewPath: Bool { path != nil }

    /// The path as the rules see it, in `text`; nil when there is no room for it.
    func currentPath(_ head: borrowing RequestHead) -> Range<Int>? { path ?? append(head.normalPath) }

    /// Appends a query: a template's text, then the request's; nil when there is no room.
    func appendQuery(
        _ template: Template?, keepsOld: Bool, _ head: borrowing RequestHead, _ context: RequestContext
    ) -> Range<Int>? {
        aside.clear()
        if let template {
            guard template.append(for: head, context, groups, .component, variables: self, to: &aside) else {
                return nil
            }
        }
        if keepsOld {
            if let query {
                guard aside.room > query.count else { return nil }
                if !aside.isEmpty, !query.isEmpty { aside.append(.ampersand) }
                Self.copy(query, of: text, to: &aside)
            } else if !head.query.isEmpty {
                guard aside.room > head.query.count else { return nil }
                if !aside.isEmpty { aside.append(.ampersand) }
                aside.append(head.query)
            }
        }
        guard aside.count <= text.room else { return nil }
        let start = text.count
        text.append(contentsOf: aside)
        return start..<text.count
    }

    private static func copy(_ range: Range<Int>, of text: borrowing ByteBuffer, to buffer: inout ByteBuffer) {
        buffer.append(text.readable.extracting(range))
    }

    /// Writes the path that the rules made as a request-target.
    ///
    /// - Returns: false when there is no room, or the path is none.
    func writeTarget(to scratch: inout FilterScratch) -> Bool {
        guard let path else { return true }
        scratch.target.clear()
        return Self.write(path, query ?? 0..<0, of: text, to: &scratch.target)
    }

    private static func write(
        _ path: Range<Int>, _ query: Range<Int>, of text: borrowing ByteBuffer, to target: inout ByteBuffer
    ) -> Bool {
        let bytes = text.readable
        if path.isEmpty || bytes[path.lowerBound] != .slash { target.append(.slash) }
        guard target.append(decoded: bytes.extracting(path), .path) else { return false }
        if query.isEmpty { return true }
        guard target.room > query.count else { return false }
        target.append(.questionMark)
        target.append(bytes.extracting(query))
        return true
    }

    /// Appends a part of `text` that is in encoded form.
    func appendText(encoded range: Range<Int>, to buffer: inout ByteBuffer) -> Bool {
        Self.append(encoded: range, of: text, to: &buffer)
    }

    private static func append(
        encoded range: Range<Int>, of text: borrowing ByteBuffer, to buffer: inout ByteBuffer
    ) -> Bool {
        buffer.append(encoded: text.readable.extracting(range), .component)
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
    /// What the cache had; nil where it wasn't asked.
    public var cacheStatus: ResponseCacheStatus?

    public init() {}
}
