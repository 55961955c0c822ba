import Bytes
import Linux

/// What the built-in echo origin is told of the choice, so that it can show it.
enum DemonstrationFields {
    /// Bytes that `append` needs at most.
    static func bound(_ route: RoutePlan) -> Int {
        let names = route.names
        return 256 + names.namespace.count + names.object.count + names.host.count + names.path.count
            + max(names.service.count + names.servicePort.count, route.traffic?.split?.other.plan.name.count ?? 0)
    }

    /// Appends the fields.
    ///
    /// - Parameter upstream: the name of the upstream that took the request in place of the route's own Service.
    static func append(
        _ route: RoutePlan, _ endpoint: SocketAddress, instead upstream: [UInt8]?, to output: inout ByteBuffer
    ) {
        let names = route.names
        output.append("X-Gatehouse-Ingress: ")
        output.append(names.namespace.span)
        output.append(.slash)
        output.append(names.object.span)
        output.append("\r\nX-Gatehouse-Rule: ")
        output.append(names.host.span)
        output.append("\r\nX-Gatehouse-Path: ")
        output.append(names.path.span)
        output.append("\r\nX-Gatehouse-Service: ")
        if let upstream {
            output.append(upstream.span)
        } else {
            output.append(names.service.span)
            output.append(.colon)
            output.append(names.servicePort.span)
        }
        output.append("\r\nX-Gatehouse-Endpoint: ")
        endpoint.write(to: &output)
        output.append("\r\n")
    }
}
