public import Bytes
public import HTTP
public import Model
public import Pattern

/// The text whose hash chooses an endpoint; see `KeyHashing`. Compiled once for each route that leads to the upstream,
/// since some of its variables are the route's.
public struct HashKeyTemplate: Sendable {
    private let template: Template

    /// Variables that nobody knows are empty, as in ingress-nginx.
    public init(_ policy: KeyHashing, _ route: Route, host: VirtualHost) throws(FilterError) {
        var constants = Template.Constants(route, host: host)
        // The address in four or sixteen bytes tells clients apart as well as its text does.
        let text = policy.template.replacing("binary_remote_addr", with: "remote_addr")
        while true {
            do throws(FilterError) {
                template = try Template(text, constants)
                return
            } catch {
                // Each round settles one more name, so there are at most as many rounds as names.
                guard case .unknownVariable(let name) = error, constants.values[name] == nil else { throw error }
                constants.values[name] = ""
            }
        }
    }

    /// Writes the text for a request; what there is no room for does not count.
    public func write(
        for head: borrowing RequestHead, _ context: RequestContext, _ captures: Captures, to buffer: inout ByteBuffer
    ) {
        buffer.clear()
        _ = template.append(for: head, context, captures, to: &buffer)
    }
}
