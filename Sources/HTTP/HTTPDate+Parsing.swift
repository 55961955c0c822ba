import Bytes

extension HTTPDate {
    /// The seconds since 1970 of a date in any of the three forms that recipients must know (RFC 9110 §5.6.7):
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    ///
    /// - Parameter now: the present in seconds since 1970; years of two digits are within fifty years of it.
    /// - Returns: nil for what is none of them, or before 1970.
    public static func seconds(_ text: Span<UInt8>, now: Int) -> Int? {
        let comma = text.firstIndex(of: .comma)
        switch (text.count, comma) {
        case (29, 3?):
            guard text[4] == .space, text[7] == .space, text[11] == .space, text[16] == .space, endsInGMT(text, 25),
                let day = number(text, 5..<7), let year = number(text, 12..<16)
            else { return nil }
            return seconds(year, month(text, 8), day, text, timeAt: 17)
        case (24, nil):
            guard text[3] == .space, text[7] == .space, text[10] == .space, text[19] == .space,
                let day = number(text, text[8] == .space ? 9..<10 : 8..<10), let year = number(text, 20..<24)
            else { return nil }
            return seconds(year, month(text, 4), day, text, timeAt: 11)
        case (_, let comma?):
            guard (6...9).contains(comma), text.count == comma + 24, text[comma + 4] == .hyphen,
                text[comma + 8] == .hyphen, text[comma + 11] == .space, endsInGMT(text, comma + 20),
                let day = number(text, comma + 2..<comma + 4), let short = number(text, comma + 9..<comma + 11)
            else { return nil }
            let present = CivilDate(daysSince1970: max(now, 0) / 86_400).year
            var year = present / 100 * 100 + short
            if year > present + 50 { year -= 100 }
            return seconds(year, month(text, comma + 5), day, text, timeAt: comma + 12)
        default: return nil
        }
    }

    private static func endsInGMT(_ text: Span<UInt8>, _ start: Int) -> Bool {
        text.extracting(start..<text.count).equals(" GMT")
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? { text.extracting(range).decimalValue }

    private static func month(_ text: Span<UInt8>, _ start: Int) -> Int? {
        let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
        let name = text.extracting(start..<start + 3)
        return (0..<12).first { name.equals(names.bytes.extracting($0 * 3..<$0 * 3 + 3)) }.map { $0 + 1 }
    }

    private static func seconds(
        _ year: Int, _ month: Int?, _ day: Int, _ text: Span<UInt8>, timeAt start: Int
    ) -> Int? {
        guard let month, (1...31).contains(day), year >= 1970, text[start + 2] == .colon, text[start + 5] == .colon,
            let hour = number(text, start..<start + 2), let minute = number(text, start + 3..<start + 5),
            let second = number(text, start + 6..<start + 8), hour < 24, minute < 60, second <= 60
        else { return nil }
        return CivilDate.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    }
}

extension CivilDate {
    /// Days from 1 January 1970 to a day of the Gregorian calendar; the inverse of `init(daysSince1970:)`.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let era = yearFromMarch / 400
        let yearOfEra = yearFromMarch - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
