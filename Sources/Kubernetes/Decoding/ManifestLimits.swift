/// What a manifest may cost. Past a limit its file is refused, and what it held before stays.
public enum ManifestLimits {
    /// The size of one file.
    public static let fileBytes = 64 << 20
    /// Mappings and lists within one another.
    public static let depth = 64
    /// Scalars, mappings and lists in a document: what keeps its memory in bounds. Far above what the API
    /// server takes in one request.
    public static let values = 2_000_000
    /// Aliases (`*name`) in a document, and the values that they add to it.
    public static let aliases = 10_000
}

/// Why a text can't be read as YAML or JSON.
struct ManifestSyntaxError: Error {
    /// Counted from 0, the first line of the text.
    var line: Int
    /// Counted from 1; 0 when unknown.
    var column: Int
    var fault: String
    var remedy = ""

    static let tooMany = "more than \(ManifestLimits.values) values in one document"
    static let tooDeep = "nested deeper than \(ManifestLimits.depth) levels"
}
