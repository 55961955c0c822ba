import Model

/// Which responses are compressed, as the ConfigMap and snippets have it.
struct CompressionDraft: Sendable, Equatable {
    /// One directive or key about it.
    enum Setting: Sendable, Equatable {
        case isOn(Bool)
        case level(Int)
        case minimumBytes(Int)
        case mediaTypes([String])
    }

    var isOn = false
    var level = 1
    var minimumBytes = 256
    /// `text/html` is always one of them, as in nginx.
    var mediaTypes = standardTypes

    /// ingress-nginx's.
    static let standardTypes = [
        "application/atom+xml", "application/javascript", "application/x-javascript", "application/json",
        "application/rss+xml", "application/vnd.ms-fontobject", "application/x-font-ttf",
        "application/x-web-app-manifest+json", "application/xhtml+xml", "application/xml", "font/opentype",
        "image/svg+xml", "image/x-icon", "text/css", "text/javascript", "text/plain", "text/x-component",
    ]

    func policy() -> Compression? {
        isOn ? Compression(level: level, minimumBytes: minimumBytes, mediaTypes: ["text/html"] + mediaTypes) : nil
    }

    mutating func apply(_ setting: Setting) {
        switch setting {
        case .isOn(let isOn): self.isOn = isOn
        case .level(let level): self.level = level
        case .minimumBytes(let bytes): minimumBytes = bytes
        case .mediaTypes(let types): mediaTypes = types
        }
    }
}

let compressionKeys = [
    ConfigKey(
        "use-gzip", .flag, default: "false", \.defaults.compression.isOn,
        "Compresses responses with 200, 403 and 404 for clients of HTTP/1.1 and HTTP/2 that take gzip, unless the backend "
            + "has done so or says `no-transform`."),
    ConfigKey(
        "gzip-level", .compressionLevel, default: "1", \.defaults.compression.level,
        "How much: 1 is the fastest, 9 the smallest."),
    ConfigKey(
        "gzip-min-length", .integer(in: 0...Int(Int32.max)), default: "256", \.defaults.compression.minimumBytes,
        "Responses whose `Content-Length` is less stay as they are."),
    ConfigKey(
        "gzip-types", .mediaTypes, default: "ingress-nginx's list", \.defaults.compression.mediaTypes,
        "Types that are compressed beside `text/html`; `*` is every one."),
]

extension Syntax<Int> {
    static let compressionLevel = Syntax.integer(in: 1...9)
}

extension Syntax<[String]> {
    /// Media types with blanks between, or `*`.
    static let mediaTypes = Syntax("media types with blanks between, or *") { text in
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).map { $0.lowercased() }
        let areTypes = words.allSatisfy { word in
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            let isType = parts.count == 2 && parts.allSatisfy { part in CustomHeader.isName(String(part)) }
            return word == "*" || isType
        }
        return areTypes && words.count <= 100 && text.utf8.count <= 4096 ? words : nil
    }
}
