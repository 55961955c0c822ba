/// Sends a copy of each request to another service as well (`mirror-target` and its kin in ingress-nginx).
///
/// Copies go out after the access rules have let a request pass. Their answers are read and forgotten, and what
/// becomes of them never concerns the client: a copy for which there is no room is left out and counted.
public struct Mirror: Sendable, Hashable {
    /// Its target is the copy's; variables such as `$request_uri` stand for the request's own.
    public var destination: Destination
    /// The request's query follows the target (`mirror-target` without variables).
    public var appendsQuery: Bool
    /// The copy has the request's body (`mirror-request-body`).
    public var copiesBody: Bool

    public init(destination: Destination, appendsQuery: Bool = false, copiesBody: Bool = true) {
        self.destination = destination
        self.appendsQuery = appendsQuery
        self.copiesBody = copiesBody
    }
}

extension Mirror: CustomStringConvertible {
    public var description: String { "\(destination)\(copiesBody ? "" : ", without bodies")" }
}
