public import Bytes
public import HTTP
public import Model

/// How long a response may answer other requests than the one that it was made for (RFC 9111 §4.2), as nginx finds it:
/// `X-Accel-Expires`, then `Cache-Control`, then `Expires`, then what the configuration says of its status.
public struct ResponseFreshness: Sendable, Equatable {
    /// How long it stays fresh from now on; zero or less when it isn't any more.
    public var seconds: Int
    /// For how long after that it may answer while it is asked for anew, and when that fails (RFC 5861).
    public var staleWhileRevalidate = 0
    public var staleIfError = 0
    /// How old it is already, as caches before us say.
    public var age = 0
    /// It says that it may not answer once it isn't fresh, whatever the configuration says.
    public var forbidsStale = false
    /// It says that it may answer whoever asks, so also requests with `Authorization` (RFC 9111 §3.5).
    public var isForAll = false

    init(seconds: Int) { self.seconds = seconds }

    /// - Parameters:
    ///   - validities: how long responses are kept that don't say it themselves.
    ///   - ignored: fields that have no say.
    ///   - wallSeconds: the time of day, in seconds since 1970.
    /// - Returns: nil for a response that may answer nobody else.
    public static func find(
        in response: borrowing ResponseHead, validities: [ResponseCache.Validity],
        ignoring ignored: ResponseCache.IgnoredFields = [], wallSeconds: Int
    ) -> ResponseFreshness? {
        let control = CacheControl(of: response.headers)
        guard !forbidsKeeping(response.headers, ignored) else { return nil }
        let age = seconds(.age, of: response.headers) ?? 0
        let given = lifetime(response.headers, control, ignored, age: age, wallSeconds)
        var freshness: ResponseFreshness
        switch given {
        case .never: return nil
        case .unsaid:
            let status = Int(response.status.rawValue)
            let rule = validities.first { $0.statuses?.contains(status) ?? true }
            guard let seconds = rule?.seconds, seconds > 0 else { return nil }
            freshness = ResponseFreshness(seconds: seconds)
        case .seconds(let seconds): freshness = ResponseFreshness(seconds: seconds)
        }
        freshness.age = age
        freshness.isForAll = control.isPublic || control.sharedMaxAge != nil || control.mustRevalidate
        guard !ignored.contains(.cacheControl) else { return freshness }
        freshness.forbidsStale = control.mustRevalidate || control.proxyRevalidate
        freshness.staleWhileRevalidate = control.staleWhileRevalidate ?? 0
        freshness.staleIfError = control.staleIfError ?? 0
        return freshness
    }

    private enum Lifetime {
        case never, unsaid
        case seconds(Int)
    }

    /// What is made for one client, or depends on what nobody can compare.
    private static func forbidsKeeping(
        _ headers: borrowing HeaderBlock, _ ignored: ResponseCache.IgnoredFields
    ) -> Bool {
        if headers.contains(.setCookie), !ignored.contains(.setCookie) { return true }
        return !ignored.contains(.vary) && ResponseVariance(of: headers) == .unknowable
    }

    private static func lifetime(
        _ headers: borrowing HeaderBlock, _ control: CacheControl, _ ignored: ResponseCache.IgnoredFields, age: Int,
        _ wallSeconds: Int
    ) -> Lifetime {
        if !ignored.contains(.accelExpires), let own = accelExpires(headers, wallSeconds) { return own }
        if !ignored.contains(.cacheControl) {
            if control.noStore || control.noCache || control.isPrivate { return .never }
            if let limit = control.sharedMaxAge ?? control.maxAge {
                return limit > age ? .seconds(limit - age) : .never
            }
        }
        guard !ignored.contains(.expires), let index = headers.firstIndex(of: .expires) else { return .unsaid }
        // What is no date is in the past (RFC 9111 §5.3).
        guard let end = HTTPDate.seconds(headers.value(index), now: wallSeconds) else { return .never }
        let sent = headers.firstIndex(of: .date).flatMap { HTTPDate.seconds(headers.value($0), now: wallSeconds) }
        let left = end - (sent ?? wallSeconds) - age
        return left > 0 ? .seconds(min(left, CacheControl.longest)) : .never
    }

    /// `X-Accel-Expires`: seconds, `0` for never, or `@` and a time since 1970; nil when it is none of them.
    private static func accelExpires(_ headers: borrowing HeaderBlock, _ wallSeconds: Int) -> Lifetime? {
        guard let index = headers.firstIndex(of: .xAccelExpires) else { return nil }
        let value = headers.value(index)
        if !value.isEmpty, value[0] == .at {
            return value.extracting(1..<value.count).decimalValue.map {
                .seconds(min($0 - wallSeconds, CacheControl.longest))
            }
        }
        return value.decimalValue.map { $0 == 0 ? .never : .seconds(min($0, CacheControl.longest)) }
    }

    private static func seconds(_ id: HeaderID, of headers: borrowing HeaderBlock) -> Int? {
        guard let index = headers.firstIndex(of: id) else { return nil }
        return headers.value(index).decimalValue.map { min($0, CacheControl.longest) }
    }
}

/// What of a request a response depends on beside the key (`Vary`, RFC 9110 §12.5.5).
public enum ResponseVariance: Sendable, Equatable {
    case none
    /// Names in lower case, each with a comma behind it, in their order.
    case fields([UInt8])
    /// `*`, or more than is compared.
    case unknowable

    /// Bytes of names that are compared at most, as many as nginx compares.
    static let limitBytes = 128

    public init(of headers: borrowing HeaderBlock) {
        self = Self.read(headers)
    }

    private static func read(_ headers: borrowing HeaderBlock) -> ResponseVariance {
        var names: [UInt8] = []
        var next = headers.firstIndex(of: .vary)
        while let index = next {
            let value = headers.value(index)
            var start = 0
            while start <= value.count {
                let end = value.firstIndex(of: .comma, from: start) ?? value.count
                let element = value.extracting(start..<end)
                let name = element.extracting(element.trimmed)
                start = end + 1
                guard !name.isEmpty else { continue }
                guard FieldSyntax.isName(name), !name.equals("*"), names.count + name.count < limitBytes else {
                    return .unknowable
                }
                for position in 0..<name.count { names.append(name[position].lowercased) }
                names.append(.comma)
            }
            next = headers.firstIndex(of: .vary, from: index + 1)
        }
        return names.isEmpty ? .none : .fields(names)
    }

    /// Takes what a request says in fields of these names into a digest.
    ///
    /// - Parameter names: as `fields` has them.
    public static func combine(_ names: [UInt8], of headers: borrowing HeaderBlock, into hash: inout SipHash) {
        hash.combine(names.span)
        var start = 0
        while start < names.count, let end = names.span.firstIndex(of: .comma, from: start) {
            hash.combine(0)
            combineValues(of: names.span.extracting(start..<end), headers, into: &hash)
            start = end + 1
        }
    }

    private static func combineValues(
        of name: Span<UInt8>, _ headers: borrowing HeaderBlock, into hash: inout SipHash
    ) {
        var next = headers.firstIndex(named: name)
        while let index = next {
            hash.combine(1)
            hash.combine(headers.value(index))
            next = headers.firstIndex(named: name, from: index + 1)
        }
    }
}
