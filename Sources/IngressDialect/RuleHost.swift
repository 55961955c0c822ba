import Kubernetes
import Model
import Translation

/// Reads the host of a rule.
enum RuleHost {
    /// - Returns: the host, in lower case; nil when it is no host name, with the reason in `fault`.
    static func parse(_ written: String?, fault: inout String) -> HostName? {
        guard let written, !written.isEmpty else { return .any }
        let isLowerCase = !written.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let name = isLowerCase ? written : written.lowercased()
        if LiteralAddress(name) != nil {
            fault = "is an IP address"
            return nil
        }
        let isWildcard = name.hasPrefix("*.")
        let domain = name.dropFirst(isWildcard ? 2 : 0)
        if isDomain(domain), !domain.utf8.contains(UInt8(ascii: "_")) {
            return isWildcard ? .wildcard(String(domain)) : .exact(name)
        }
        fault = "\(quoted(written)) is no host name"
        return nil
    }

    /// Labels of letters, digits, `-` and `_` with dots between, at most 253 bytes (RFC 1123 §2.1; nginx
    /// takes `_` too).
    static func isDomain(_ name: Substring) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 253 else { return false }
        var length = 0
        var last = UInt8(ascii: ".")
        for byte in name.utf8 {
            if byte == UInt8(ascii: ".") {
                guard length > 0, last != UInt8(ascii: "-") else { return false }
                length = 0
            } else {
                guard isLabelByte(byte), length > 0 || byte != UInt8(ascii: "-"), length < 63 else { return false }
                length += 1
            }
            last = byte
        }
        return length > 0 && last != UInt8(ascii: "-")
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Lower-case letters, digits and inner dashes, at most 63 (RFC 1123 label).
func isServiceName(_ name: String) -> Bool {
    name.utf8.count <= 63 && !name.contains("_") && !name.contains(".") && RuleHost.isDomain(name[...])
}
