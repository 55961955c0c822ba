public import Bytes
public import HTTP
public import Model

/// Which errors another service answers, and what it is told of them, compiled.
public final class ErrorPagesFilter: Sendable {
    /// Who answers as long as it has endpoints; else the model's default upstream does.
    public let upstream: UpstreamID?
    /// The names of all fields. The client's own fields of these names are to be left out.
    public let replaced: FieldLines
    private let lines: FieldLines
    private let interceptsUpstream: Bool
    /// A bit for each status from 300 on.
    private let statuses: InlineArray<5, UInt64>

    /// What error services are told.
    static let names = [
        "X-Code", "X-Format", "X-Original-URI", "X-Namespace", "X-Ingress-Name", "X-Service-Name", "X-Service-Port",
    ]

    /// - Parameter others: fields that clients may not send either.
    init(_ policy: ErrorPages, _ labels: RouteLabels, replacing others: [String]) throws(FilterError) {
        upstream = policy.upstream
        interceptsUpstream = policy.interceptsUpstream
        var statuses = InlineArray<5, UInt64>(repeating: 0)
        for status in policy.statuses where (300...599).contains(status) {
            statuses[(status - 300) / 64] |= 1 << UInt64((status - 300) % 64)
        }
        self.statuses = statuses
        replaced = try FieldLines((Self.names + others).map { HeaderEdits.Field(name: $0, value: "") })
        lines = try FieldLines([
            .init(name: "X-Namespace", value: labels.namespace), .init(name: "X-Ingress-Name", value: labels.object),
            .init(name: "X-Service-Name", value: labels.service),
            .init(name: "X-Service-Port", value: labels.servicePort),
        ])
    }

    /// Whether the service answers in place of an error.
    public func replaces(_ status: Status, ofUpstream isUpstreams: Bool) -> Bool {
        guard interceptsUpstream || !isUpstreams, (300..<620).contains(status.rawValue) else { return false }
        let index = Int(status.rawValue) - 300
        return statuses[index / 64] >> UInt64(index % 64) & 1 == 1
    }

    /// Bytes that `append` needs at most.
    public func bound(_ head: borrowing RequestHead) -> Int {
        var bytes = 96 + lines.bytes.count + head.originTarget.count
        if let accept = head.headers.firstIndex(of: .accept) { bytes += head.headers.value(accept).count }
        return bytes
    }

    /// Appends the fields that say what happened. Needs `bound` bytes.
    public func append(_ status: Status, _ head: borrowing RequestHead, to buffer: inout ByteBuffer) {
        buffer.append("X-Code: ")
        buffer.append(decimal: Int(status.rawValue))
        buffer.append("\r\n")
        lines.append(to: &buffer)
        buffer.appendField(.xOriginalURI, head.originTarget)
        guard let accept = head.headers.firstIndex(of: .accept) else { return }
        buffer.append("X-Format: ")
        buffer.append(head.headers.value(accept))
        buffer.append("\r\n")
    }
}
