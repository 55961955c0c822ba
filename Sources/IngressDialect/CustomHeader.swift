/// Checks an entry of a ConfigMap of `custom-headers`.
enum CustomHeader {
    struct Fault {
        var text: String
        var remedy: String
    }

    /// Fields that frame or route a message; setting one would break responses or open them to smuggling.
    static let framing: Set<String> = [
        "connection", "content-length", "date", "http2-settings", "keep-alive", "proxy", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Whether a field frames or routes messages, so that it is the proxy's own.
    static func isFraming(_ name: String) -> Bool { framing.contains(name.lowercased()) }

    /// What is wrong with the entry; nil when nothing is. Values never appear in the text.
    ///
    /// - Parameter allowed: names that may be set; nil is all.
    static func fault(name: String, value: String, allowed: [String]?) -> Fault? {
        guard isName(name) else {
            return Fault(text: "is no header name", remedy: "use letters, digits, - and _")
        }
        guard !isFraming(name) else {
            return Fault(text: "frames the message or belongs to the proxy, and cannot be set", remedy: "take it out")
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), value.utf8.count <= 4 << 10 else {
            return Fault(text: "has a value with control or non-ASCII characters, or over 4 KiB", remedy: "shorten it")
        }
        guard allowed?.contains(name) ?? true else {
            return Fault(text: "is not allowed", remedy: "list it in global-allowed-response-headers of the ConfigMap")
        }
        return nil
    }

    /// Whether a name is one that a header may have.
    static let isName: @Sendable (String) -> Bool = { !$0.isEmpty && $0.utf8.allSatisfy(isNameByte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
