public import Bytes
public import HTTP
public import Model

/// What a fallback upstream is told of the request that it serves in another's place.
public final class FallbackFilter: Sendable {
    public let upstream: UpstreamID
    /// The names of all fields. The client's own fields of these names are to be left out.
    public let replaced: FieldLines
    private let lines: FieldLines

    /// - Parameter others: fields that the proxy sets as well.
    init(_ policy: Fallback, _ labels: RouteLabels, replacing others: [String]) throws(FilterError) {
        upstream = policy.upstream
        replaced = try FieldLines(
            (ErrorPagesFilter.names + others).map { HeaderEdits.Field(name: $0, value: "") })
        lines = try FieldLines([
            .init(name: "X-Code", value: "503"), .init(name: "X-Namespace", value: labels.namespace),
            .init(name: "X-Ingress-Name", value: labels.object), .init(name: "X-Service-Name", value: labels.service),
            .init(name: "X-Service-Port", value: labels.servicePort),
        ])
    }

    /// Bytes that `append` needs at most.
    public func bound(_ head: borrowing RequestHead) -> Int {
        guard let accept = head.headers.firstIndex(of: .accept) else { return lines.bytes.count }
        return lines.bytes.count + 12 + head.headers.value(accept).count
    }

    /// Appends the fields, behind those of `ForwardedHeaders`. Needs `bound` bytes.
    public func append(_ head: borrowing RequestHead, to buffer: inout ByteBuffer) {
        lines.append(to: &buffer)
        guard let accept = head.headers.firstIndex(of: .accept) else { return }
        buffer.append("X-Format: ")
        buffer.append(head.headers.value(accept))
        buffer.append("\r\n")
    }
}
