public import HTTP

/// What a filter says of a request.
public enum Verdict: Sendable, Equatable {
    /// Nothing stands in the way as far as this filter is concerned.
    case proceed
    /// Answer with the stock page of this status, and with the lines in `FilterScratch.fields`.
    case refuse(Status)
    /// Answer with this status; the `Location` is in `FilterScratch.location`.
    case redirect(Status)
    /// Answer with this status, the lines in `FilterScratch.fields` and the content in `FilterScratch.body`. The
    /// lines name the content's type; its length is added, but for a status that forbids content.
    case respond(Status)
    /// Ask for a user name and password: 401 with the lines in `FilterScratch.fields`, `WWW-Authenticate` among them.
    case challenge
    /// There will be room for the request after `FilterScratch.delay`. The exchange has it wait, and goes on with
    /// `FilterChain.enter`.
    case delay
    /// Whether the request may pass is for the route's authorization service to say. The exchange asks it, and goes
    /// on with `FilterChain.authorize` once it has the answer.
    case ask
    /// Another path is asked for: it is in `FilterScratch.target`, with its query, and a route is to be found for it.
    case searchAgain
    /// A password has to be checked that takes long to check (`FilterScratch.takePasswordCheck`). The exchange has a thread
    /// of its own do it, and goes on with `FilterChain.authorize` once it knows.
    case verify
    /// Close the connection without an answer (nginx's 444).
    case close

    /// Whether the request is answered here, so that no later filter acts.
    public var isFinal: Bool {
        switch self {
        case .proceed, .delay, .ask, .verify: false
        case .refuse, .redirect, .respond, .challenge, .searchAgain, .close: true
        }
    }

    /// Whether the client would get a 401: of all refusals under `Satisfy.any` the one that it can do something about.
    var isUnauthorized: Bool {
        switch self {
        case .challenge: true
        case .refuse(let status), .respond(let status): status == .unauthorized
        case .proceed, .redirect, .delay, .ask, .verify, .searchAgain, .close: false
        }
    }
}
