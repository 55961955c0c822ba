/// A moment to the second, as `metadata.creationTimestamp` gives it.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    public static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }

    /// Reads an RFC 3339 date and time; a fraction of a second is dropped. Nil when it isn't one.
    public init?(_ text: String) {
        var bytes = ArraySlice(text.utf8)
        guard let year = Self.number(&bytes, digits: 4), Self.mark(&bytes, "-"),
            let month = Self.number(&bytes, digits: 2), (1...12).contains(month), Self.mark(&bytes, "-"),
            let day = Self.number(&bytes, digits: 2), (1...31).contains(day),
            Self.mark(&bytes, "T") || Self.mark(&bytes, "t") || Self.mark(&bytes, " "),
            let hour = Self.number(&bytes, digits: 2), hour < 24, Self.mark(&bytes, ":"),
            let minute = Self.number(&bytes, digits: 2), minute < 60, Self.mark(&bytes, ":"),
            let second = Self.number(&bytes, digits: 2), second <= 60
        else { return nil }
        if Self.mark(&bytes, ".") { bytes = bytes.drop { (0x30...0x39).contains($0) } }
        guard let offset = Self.zone(&bytes), bytes.isEmpty else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
    }

    /// Seconds east of UTC.
    private static func zone(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        if mark(&bytes, "Z") || mark(&bytes, "z") { return 0 }
        let sign = mark(&bytes, "+") ? 1 : mark(&bytes, "-") ? -1 : 0
        guard sign != 0, let hours = number(&bytes, digits: 2), hours < 24, mark(&bytes, ":"),
            let minutes = number(&bytes, digits: 2), minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func number(_ bytes: inout ArraySlice<UInt8>, digits: Int) -> Int? {
        guard bytes.count >= digits else { return nil }
        var value = 0
        for byte in bytes.prefix(digits) {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        bytes = bytes.dropFirst(digits)
        return value
    }

    private static func mark(_ bytes: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard let first = bytes.first, UInt32(first) == character.value else { return false }
        bytes = bytes.dropFirst()
        return true
    }

    /// The day in UTC, as `2027-01-31`.
    public var day: String {
        let days = Int((seconds >= 0 ? seconds : seconds - 86_399) / 86_400) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month < 10 ? 0 : 1)
        let digits = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(digits(month < 10 ? month + 3 : month - 9))-\(digits(dayOfYear - (153 * month + 2) / 5 + 1))"
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March so that the
    /// leap day comes last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
