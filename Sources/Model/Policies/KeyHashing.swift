/// Chooses endpoints by a consistent hash of a text that depends on the request (`upstream-hash-by` in ingress-nginx):
/// requests of one key go to one endpoint, and when one of N endpoints leaves only about 1/N of the keys move.
public struct KeyHashing: Sendable, Hashable {
    /// Text with variables: `$request_uri`, `${http_x_user}-$host`. A variable that nobody knows is empty.
    public var template: String
    /// The hash chooses a group of so many endpoints, of which each request takes one at random
    /// (`upstream-hash-by-subset`); nil chooses a single endpoint.
    public var subsetSize: Int?

    public init(template: String, subsetSize: Int? = nil) {
        self.template = template
        self.subsetSize = subsetSize
    }
}
