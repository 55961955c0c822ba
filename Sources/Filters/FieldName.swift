import Bytes
import HTTP

/// The name of a field that the configuration chooses, compared by number where it is a known one.
public struct FieldName: Sendable {
    private let id: HeaderID
    private let bytes: [UInt8]

    public init(_ name: String) {
        let bytes = Array(name.utf8)
        self.bytes = bytes
        id = HeaderID(name: bytes.span)
    }

    /// Whether a field has this name, in any case.
    func names(_ index: Int, of headers: borrowing HeaderBlock) -> Bool {
        let field = headers[index]
        guard id == .other else { return field.id == id }
        return field.id == .other && headers.name(index).equalsIgnoringCase(bytes.span)
    }

    /// The first field at or after `start` with this name.
    func firstIndex(in headers: borrowing HeaderBlock, from start: Int = 0) -> Int? {
        id == .other ? headers.firstIndex(named: bytes.span, from: start) : headers.firstIndex(of: id, from: start)
    }

    /// Bytes of the values of all fields of the name, and 2 for each.
    func valueBytes(in headers: borrowing HeaderBlock) -> Int {
        var bytes = 0
        var next = firstIndex(in: headers)
        while let index = next {
            bytes += headers[index].value.count + 2
            next = firstIndex(in: headers, from: index + 1)
        }
        return bytes
    }
}
