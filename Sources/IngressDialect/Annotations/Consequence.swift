import Model

/// What an unusable value does.
public enum Consequence: String, Sendable, CaseIterable {
    /// The annotation counts as absent.
    case useDefault = "default is used"
    /// The whole Ingress is not served; an earlier, accepted version of it stays.
    case rejectObject = "Ingress is rejected"
    /// Every path of the Ingress answers 503.
    case refuseRoutes = "paths answer 503"
    /// Every annotation of the group counts as absent.
    case dropGroup = "group is dropped"
}

/// Why a value cannot be used.
struct ValueFault: Error, Equatable {
    var fault: String
    var remedy: String
    /// Nil means what the row says.
    var consequence: Consequence?
    /// What came of it, for people, when that isn't the consequence.
    var outcome = ""

    init(_ fault: String, remedy: String = "", consequence: Consequence? = nil) {
        self.fault = fault
        self.remedy = remedy
        self.consequence = consequence
    }

    /// `expected true or false, got "ja"`
    static func expected(_ form: String, _ value: String, consequence: Consequence? = nil) -> ValueFault {
        ValueFault("expected \(form), got \(quoted(value))", consequence: consequence)
    }
}

/// A value as a diagnostic may show it: in quotes, without control bytes and passwords of URLs, cut after 60 characters.
func quoted(_ value: some StringProtocol) -> String {
    let value = String(value).withoutURLSecrets
    var text = "\""
    for scalar in value.unicodeScalars.prefix(60) {
        switch scalar {
        case "\"", "\\": text += "\\\(scalar)"
        case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
            text += scalar.escaped(asASCII: true)
        default: text.unicodeScalars.append(scalar)
        }
    }
    let isWhole = value.utf8.count <= 60 || value.unicodeScalars.dropFirst(60).isEmpty
    return text + (isWhole ? "\"" : "…\"")
}
