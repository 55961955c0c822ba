internal import Bytes

/// The time of day as lines of the log show it, rendered once a second. In UTC, as in the containers
/// that a controller runs in.
struct LogTime: ~Copyable {
    private var second = Int.min
    /// `21/Nov/2026:10:00:00 +0000`
    private var local = ByteBuffer(capacity: 32)
    /// `2026-11-21T10:00:00+00:00`
    private var iso8601 = ByteBuffer(capacity: 32)

    /// Bytes of the longer form.
    static let longest = 26

    func appendLocal(to buffer: inout ByteBuffer) { buffer.append(contentsOf: local) }
    func appendISO8601(to buffer: inout ByteBuffer) { buffer.append(contentsOf: iso8601) }

    /// - Parameter seconds: since 1970.
    mutating func update(to seconds: Int) {
        guard seconds != second else { return }
        second = seconds
        let (year, month, day) = Self.civil(days: seconds.quotient(by: 86_400))
        let time = seconds - seconds.quotient(by: 86_400) * 86_400
        local.clear()
        local.append(decimal: day, width: 2)
        Self.appendMonth(month, to: &local)
        local.append(decimal: year, width: 4)
        local.append(.colon)
        Self.append(time: time, to: &local)
        local.append(" +0000" as StaticString)
        iso8601.clear()
        iso8601.append(decimal: year, width: 4)
        iso8601.append(.hyphen)
        iso8601.append(decimal: month, width: 2)
        iso8601.append(.hyphen)
        iso8601.append(decimal: day, width: 2)
        iso8601.append(0x54)
        Self.append(time: time, to: &iso8601)
        iso8601.append("+00:00" as StaticString)
    }

    private static func append(time: Int, to buffer: inout ByteBuffer) {
        buffer.append(decimal: time / 3600, width: 2)
        buffer.append(.colon)
        buffer.append(decimal: time / 60 % 60, width: 2)
        buffer.append(.colon)
        buffer.append(decimal: time % 60, width: 2)
    }

    private static func appendMonth(_ month: Int, to buffer: inout ByteBuffer) {
        let name: StaticString =
            switch month {
            case 1: "/Jan/"
            case 2: "/Feb/"
            case 3: "/Mar/"
            case 4: "/Apr/"
            case 5: "/May/"
            case 6: "/Jun/"
            case 7: "/Jul/"
            case 8: "/Aug/"
            case 9: "/Sep/"
            case 10: "/Oct/"
            case 11: "/Nov/"
            default: "/Dec/"
            }
        buffer.append(name)
    }

    /// The date of a number of days since 1970-01-01 in the Gregorian calendar, by eras of 400 years
    /// that begin on the first of March.
    static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.quotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int {
    /// Division that rounds down, also below zero.
    fileprivate func quotient(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
