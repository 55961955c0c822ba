import Bytes
import Filters
import HTTP
import Model

/// Requests that the upstream gets in another form than they came: with another body, or with what only somebody knows who
/// has read the body (`$request_body`).
extension Exchange {
    /// Begins to send a request whose body is read whole before.
    func startWhole(on plan: UpstreamPlan, by route: RoutePlan) {
        if !requestIsTaken, !request.isGRPC || route.filters.requestForm != nil {
            return beginBuffering(route.filters.requestBuffering)
        }
        if settleBody(by: route) { attempt(on: plan, by: route) }
    }

    /// Settles what the upstream gets of a body that is here whole.
    ///
    /// - Returns: false when the request has been answered, since what came out is too long.
    func settleBody(by route: RoutePlan) -> Bool {
        if let variables, route.filters.readsBody { Self.keepBody(heldBody, requestSpool, in: variables) }
        guard let form = route.filters.requestForm, form.dropsBody, !state.withholdsBody else { return true }
        withholdBody()
        guard form.makesBody else { return true }
        worker.buffers.lend(to: &heldBody)
        guard form.writeBody(for: request, context, variables, to: &heldBody) else {
            worker.buffers.takeBack(&heldBody)
            refuse(.internalServerError)
            return false
        }
        state.withholdsBody = false
        state.holdsBody = true
        return true
    }

    /// What is in memory is known; what had to go to a file is not, as in nginx.
    private static func keepBody(_ held: borrowing ByteBuffer, _ spool: BodySpool?, in variables: RequestVariables) {
        if !held.isEmpty { return variables.keepBody(held.readable) }
        spool?.keepBody(in: variables)
    }
}
