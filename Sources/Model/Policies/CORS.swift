/// What scripts of other origins may do with responses (Fetch standard, "CORS protocol").
public struct CORS: Sendable, Hashable {
    /// Whose scripts.
    public enum Origins: Sendable, Hashable {
        /// Everybody's.
        case any
        /// Those of these origins: `https://example.com`, `https://*.example.com:8443`, `null`. An asterisk stands for
        /// one label. Never empty.
        case listed([String])
    }

    public var origins: Origins
    public var methods: String
    public var headers: String
    public var allowsCredentials: Bool
    /// Empty for none.
    public var exposedHeaders: String
    /// How long a preflight's answer holds, in seconds.
    public var maxAge: Int

    public init(
        origins: Origins, methods: String, headers: String, allowsCredentials: Bool, exposedHeaders: String,
        maxAge: Int
    ) {
        self.origins = origins
        self.methods = methods
        self.headers = headers
        self.allowsCredentials = allowsCredentials
        self.exposedHeaders = exposedHeaders
        self.maxAge = maxAge
    }
}
