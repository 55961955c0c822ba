import Bytes
public import HTTP
public import Model

/// What is believed of forwarded fields, compiled once (`use-forwarded-headers` and its kin in ingress-nginx).
public final class Forwarding: Sendable {
    private let trusts: Bool
    private let correctsAddress: Bool
    private let addressField: FieldName
    private let proxies: TrustedProxies

    public init(_ settings: ForwardingSettings) throws(FilterError) {
        trusts = settings.trustsForwardedHeaders
        correctsAddress = settings.trustsForwardedHeaders || settings.correctsAddress
        addressField = FieldName(settings.addressField)
        proxies = try TrustedProxies(settings.trustedHops)
    }

    /// The facts of a request: who it is from once trusted hops have been heard.
    public func context(
        of head: borrowing RequestHead, peer: ClientAddress, isSecure: Bool, localPort: UInt16,
        requestIDHigh: UInt64, requestIDLow: UInt64
    ) -> RequestContext {
        let context = RequestContext(
            peer: peer, isSecure: isSecure, localPort: localPort, requestIDHigh: requestIDHigh,
            requestIDLow: requestIDLow)
        settle(context, of: head)
        return context
    }

    /// Settles whom the request is from, given its peer, and what of it is believed.
    public func settle(_ context: RequestContext, of head: borrowing RequestHead) {
        context.client = correctsAddress ? proxies.client(of: head, peer: context.peer, by: addressField) : context.peer
        context.trustsForwardedFields = trusts
    }
}

/// Questions about the client's side of a request that trust has a part in.
extension RequestContext {
    /// The host that the client asked for, with its port: the first element of a believed `X-Forwarded-Host`,
    /// else the `Host`. An element that is no host isn't believed.
    @_lifetime(borrow head)
    public func bestHost(_ head: borrowing RequestHead) -> Span<UInt8> {
        if trustsForwardedFields, let range = believedHost(head) { return head.headers.bytes(in: range) }
        return head.host
    }

    /// The same without its port.
    @_lifetime(borrow head)
    func bestHostName(_ head: borrowing RequestHead) -> Span<UInt8> {
        guard trustsForwardedFields, let range = believedHost(head) else { return head.hostName }
        let host = head.headers.bytes(in: range)
        guard let name = Authority(host, in: 0..<host.count)?.name else { return host }
        return head.headers.bytes(in: range.lowerBound + name.lowerBound..<range.lowerBound + name.upperBound)
    }

    private func believedHost(_ head: borrowing RequestHead) -> Range<Int>? {
        guard let index = head.headers.firstIndex(of: .xForwardedHost) else { return nil }
        let value = head.headers.value(index)
        let end = value.firstIndex(of: .comma) ?? value.count
        let element = value.extracting(0..<end)
        let trimmed = element.trimmed
        guard Authority(element, in: trimmed) != nil else { return nil }
        let start = head.headers[index].value.lowerBound
        return start + trimmed.lowerBound..<start + trimmed.upperBound
    }

    /// A believed field of the client that isn't empty, or nil.
    public func believed(_ id: HeaderID, _ head: borrowing RequestHead) -> Int? {
        guard trustsForwardedFields, let index = head.headers.firstIndex(of: id), !head.headers[index].value.isEmpty
        else { return nil }
        return index
    }

    /// A believed `X-Forwarded-Port` that is a port, or nil.
    func believedPort(_ head: borrowing RequestHead) -> Int? {
        guard let index = believed(.xForwardedPort, head), let port = head.headers.value(index).decimalValue,
            port > 0, port <= 65535
        else { return nil }
        return port
    }

    /// The client's `X-Request-ID`, or nil when it sent none.
    func givenRequestID(_ head: borrowing RequestHead) -> Int? {
        guard let index = head.headers.firstIndex(of: .xRequestID), !head.headers[index].value.isEmpty else {
            return nil
        }
        return index
    }
}
