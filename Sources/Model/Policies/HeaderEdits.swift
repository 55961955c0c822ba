/// Header fields that are set on every response of a route, own error pages included, replacing
/// what the upstream sent (`custom-headers` in ingress-nginx). Values are literal.
public struct HeaderEdits: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        /// A token (RFC 9110 §5.6.2).
        public var name: String
        /// Without control bytes.
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public var setOnResponse: [Field]

    public init(setOnResponse: [Field]) { self.setOnResponse = setOnResponse }
}
