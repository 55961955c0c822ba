import Bytes
import HTTP
import Linux

/// The `Date` field, made once a second, and the time of day that log lines bear.
///
/// The time of day is asked for when the loop's clock has moved on, so a busy turn asks once.
struct DateField: ~Copyable {
    private var line = ByteBuffer(capacity: 64)
    private var second = -1
    private var asked = Instant(nanoseconds: 0)
    private var current = (seconds: 0, nanoseconds: 0)

    /// The time of day at this turn.
    mutating func wall(now: Instant) -> (seconds: Int, nanoseconds: Int) {
        if now != asked {
            asked = now
            current = WallClock.now()
        }
        return current
    }

    /// Appends the field. Needs 37 bytes.
    mutating func append(to output: inout ByteBuffer, now: Instant) {
        let seconds = wall(now: now).seconds
        if seconds != second {
            second = seconds
            line.clear()
            line.append("Date: ")
            line.appendHTTPDate(seconds)
            line.append("\r\n")
        }
        output.append(line.readable)
    }
}
