/// The bytes that a value may hold, as ingress-nginx's validators name them. CR and LF are in none.
struct CharacterClass: Sendable {
    let name: String
    /// One bit for each ASCII code.
    private let low: UInt64
    private let high: UInt64

    private init(_ name: String, _ extra: String, base: CharacterClass? = nil) {
        var low = base?.low ?? 0
        var high = base?.high ?? 0
        for byte in extra.utf8 {
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.name = name
        self.low = low
        self.high = high
    }

    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    func admits(_ value: String) -> Bool { value.utf8.allSatisfy(contains) }

    private static let alphanumeric = CharacterClass(
        "", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    static let basic = CharacterClass("letters, digits and - . _ ~ / :", "-._~/:", base: .alphanumeric)
    static let fileName = CharacterClass("letters, digits and . _ -", "._-", base: .alphanumeric)
    static let identifier = CharacterClass("letters, digits and _ -", "_-", base: .alphanumeric)
    /// What a cipher list holds beside `:` and commands.
    static let ciphers = CharacterClass("letters, digits and ! + - _ . =", "!+-_.=", base: .alphanumeric)
    static let url = CharacterClass("letters, digits and - . _ ~ / : , ? & =", ",?&=", base: .basic)
    static let urlWithVariables = CharacterClass(
        "letters, digits, blanks and - . _ ~ / : , ? & = $", " $", base: .url)
    static let variables = CharacterClass("letters, digits and - _ $ { }", "-_${}", base: .alphanumeric)
    static let regex = CharacterClass(
        "letters, digits and - . _ ~ / : ^ $ [ ] ( ) { } * + ? | & = \\", "^$[](){}*+?|&=\\", base: .basic)
    static let variable = CharacterClass("letters, digits and - _ $ { }", "-_${}", base: .alphanumeric)
    static let pathWithCaptures = CharacterClass("letters, digits and - . _ ~ / : $", "$", base: .basic)
    /// What a path of type Exact or Prefix may hold while `strict-validate-path-type` is on.
    static let strictPath = CharacterClass("letters, digits and . _ - /", "._-/", base: .alphanumeric)
}
