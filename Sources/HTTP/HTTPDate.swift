public import Bytes

/// A point in time as HTTP writes it (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
public enum HTTPDate {
    /// Bytes of a date.
    public static let length = 29
}

extension ByteBuffer {
    /// Appends the date of a Unix time, in seconds, from the years 1970 to 9999. Needs `HTTPDate.length` bytes.
    public mutating func appendHTTPDate(_ seconds: Int) {
        let days = seconds / 86400
        let second = seconds % 86400
        let date = CivilDate(daysSince1970: days)
        append(weekday: (days + 4) % 7)
        append(decimal: date.day, width: 2)
        append(month: date.month)
        append(decimal: date.year, width: 4)
        append(.space)
        append(decimal: second / 3600, width: 2)
        append(.colon)
        append(decimal: second / 60 % 60, width: 2)
        append(.colon)
        append(decimal: second % 60, width: 2)
        append(" GMT")
    }

    private mutating func append(weekday: Int) {
        switch weekday {
        case 0: append("Sun, ")
        case 1: append("Mon, ")
        case 2: append("Tue, ")
        case 3: append("Wed, ")
        case 4: append("Thu, ")
        case 5: append("Fri, ")
        default: append("Sat, ")
        }
    }

    private mutating func append(month: Int) {
        switch month {
        case 1: append(" Jan ")
        case 2: append(" Feb ")
        case 3: append(" Mar ")
        case 4: append(" Apr ")
        case 5: append(" May ")
        case 6: append(" Jun ")
        case 7: append(" Jul ")
        case 8: append(" Aug ")
        case 9: append(" Sep ")
        case 10: append(" Oct ")
        case 11: append(" Nov ")
        default: append(" Dec ")
        }
    }
}

/// A day of the Gregorian calendar.
public struct CivilDate: Equatable, Sendable {
    public let year: Int
    /// 1…12.
    public let month: Int
    /// 1…31.
    public let day: Int

    /// Counts in years that begin in March, so that the leap day is the last, and in eras of 400 years.
    /// - Parameter days: from 1 January 1970; not negative.
    public init(daysSince1970 days: Int) {
        let sinceEraStart = days + 719_468
        let era = sinceEraStart / 146_097
        let dayOfEra = sinceEraStart % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension ByteBuffer {
    /// Appends the date of a Unix time as nginx writes it into cookies: `Thu, 18-Nov-10 11:27:35 GMT`, with four digits
    /// of the year from 2038 on. Needs `HTTPDate.length` bytes.
    public mutating func appendCookieDate(_ seconds: Int) {
        let days = seconds / 86400
        let second = seconds % 86400
        let date = CivilDate(daysSince1970: days)
        append(weekday: (days + 4) % 7)
        append(decimal: date.day, width: 2)
        appendCookieMonth(date.month)
        if date.year > 2037 { append(decimal: date.year, width: 4) } else { append(decimal: date.year % 100, width: 2) }
        append(.space)
        append(decimal: second / 3600, width: 2)
        append(.colon)
        append(decimal: second / 60 % 60, width: 2)
        append(.colon)
        append(decimal: second % 60, width: 2)
        append(" GMT")
    }

    private mutating func appendCookieMonth(_ month: Int) {
        switch month {
        case 1: append("-Jan-")
        case 2: append("-Feb-")
        case 3: append("-Mar-")
        case 4: append("-Apr-")
        case 5: append("-May-")
        case 6: append("-Jun-")
        case 7: append("-Jul-")
        case 8: append("-Aug-")
        case 9: append("-Sep-")
        case 10: append("-Oct-")
        case 11: append("-Nov-")
        default: append("-Dec-")
        }
    }
}
