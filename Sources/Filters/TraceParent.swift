import Bytes
import HTTP

/// A request's place in a trace as W3C Trace Context has it: `00-<trace>-<parent>-<flags>`.
enum TraceParent {
    private static let length = 55

    /// Appends the place of the request that goes to the upstream: in the client's trace when there is one that `continues`,
    /// else in a new one that is named after the request and recorded.
    static func append(
        of head: borrowing RequestHead, _ context: RequestContext, continues: Bool, to buffer: inout ByteBuffer
    ) -> Bool {
        guard buffer.room >= length else { return false }
        buffer.append("00-")
        if continues, let index = head.headers.firstIndex(named: ("traceparent" as StaticString).bytes),
            isValid(head.headers.value(index))
        {
            buffer.append(head.headers.value(index).extracting(3..<35))
            appendParent(context, &buffer)
            buffer.append(head.headers.value(index).extracting(53..<55))
            return true
        }
        buffer.append(hexadecimalWord: context.requestIDHigh)
        buffer.append(hexadecimalWord: context.requestIDLow | 1)
        appendParent(context, &buffer)
        buffer.append("01")
        return true
    }

    /// Our own part of the trace. Never zero, which would mean none.
    private static func appendParent(_ context: RequestContext, _ buffer: inout ByteBuffer) {
        let product = context.requestIDHigh.multipliedFullWidth(by: context.requestIDLow | 1)
        buffer.append("-")
        buffer.append(hexadecimalWord: (product.high ^ product.low) | 1)
        buffer.append("-")
    }

    /// Version 00, lower-case digits, and neither trace nor parent of zeros alone.
    private static func isValid(_ value: Span<UInt8>) -> Bool {
        guard value.count == length, value[0] == .zero, value[1] == .zero else { return false }
        for index in 2..<length {
            if index == 2 || index == 35 || index == 52 {
                if value[index] != .hyphen { return false }
            } else if value[index].hexValue == nil || value[index] != value[index].lowercased {
                return false
            }
        }
        return !isZero(value.extracting(3..<35)) && !isZero(value.extracting(36..<52))
    }

    private static func isZero(_ digits: Span<UInt8>) -> Bool {
        for index in digits.indices where digits[index] != .zero { return false }
        return true
    }
}
