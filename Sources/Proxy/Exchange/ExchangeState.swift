import Balancing
import Bytes
import Filters
import HTTP
import Linux
import Telemetry

/// Where one exchange stands: what is reset before each request.
struct ExchangeState {
    enum Phase {
        /// The head is being read.
        case parsing
        /// Somebody else decides whether the request may pass. Nothing of its body has been read.
        case waiting
        /// The request's body is read into memory, before an upstream is contacted.
        case holding
        /// The request's body is read before the upstream is asked.
        case buffering
        /// An attempt connects, or its response head is awaited.
        case attempting
        /// The head of the final response has been handed to the client's connection.
        case responding
        /// Everything has been said; the client's connection still has to take it.
        case flushing
        /// HTTP is over; the record waits for the end of the tunnel.
        case tunnelling
        case finished
    }

    var phase = Phase.parsing
    /// The request's body lies where it arrived.
    var bodyIsUntouched: Bool { phase == .parsing || phase == .waiting }
    /// When the first byte of the request was handled.
    var startedAt = Instant(nanoseconds: 0)
    var attemptStartedAt = Instant(nanoseconds: 0)
    var firstAttemptAt = Instant(nanoseconds: 0)
    /// The host is there to redirect to another, which says for itself how it wants to be asked.
    var isOnRedirectingHost = false
    /// The answer is a redirect to where people sign in.
    var leadsToSignIn = false
    /// How the request's body ends, as the client declared it.
    var requestFraming = BodyFraming.none
    /// The whole body is in the exchange's own buffer, so that the request can be sent again.
    var holdsBody = false
    /// The request is one of gRPC with a body that may take its time.
    var isGRPC = false
    /// The whole body waits in the exchange's spool.
    var spoolsBody = false
    /// The response goes to the client by way of the spool.
    var buffersResponse = false
    /// Texts of the response are replaced.
    var replacesTexts = false
    /// Which form of the response the client gets.
    var coding = Exchange.Coding.none
    /// Memory of the spools that the worker's budget knows of.
    var spooledBytes = 0
    /// The last byte of the request went to the upstream.
    var requestSent = false
    /// The upstream answered and takes no more of the request.
    var requestAbandoned = false
    /// Heads with 1xx that this attempt sent.
    var interimResponses = 0
    /// The next attempt must not use a connection that has served before.
    var needsFreshConnection = false
    /// The client's connection may carry another request when this one is over.
    var keepsDownstream = false
    /// The route has clients told how long.
    var announcesKeepAlive = false
    /// The upstream's connection may serve another request when this one is over.
    var keepsUpstream = false
    /// The upstream was asked because the route's own has no endpoints.
    var usesFallback = false
    /// The error in whose place another service answers.
    var replacedStatus: Status?
    /// The upstream gets nothing of the client's body, since another service answers in place of an error.
    var withholdsBody = false
    /// How often an error has led to another route or elsewhere.
    var errorRoutes: UInt8 = 0
    /// The status that the client sees of what answers in place of an error; nil for the answer's own.
    var statusInstead: Status?
    /// An error made a GET of the request; `Exchange.methodAsSent` is what it was.
    var isAskedAsGet = false
    /// The limits of a route have been asked.
    var limitsAreAsked = false
    /// Under what the answer to the question is kept.
    var answerKey: SipHash.Digest?
    /// The answer is kept for other requests too.
    var answerIsKept = false
    /// Names the answer of another thread that is waited for; zero for none.
    var ticketForAnswer: UInt64 = 0
    /// The request waits for its turn at a rate.
    var isDelayed = false
    /// When the response began to go out at a pace.
    var pacedSince = Instant(nanoseconds: 0)
    /// The response waits for its time to come.
    var isPaced = false
    /// How far the access stage has come.
    var access = AccessProgress()
    var endpoint = -1
    var tried = TriedEndpoints()
    /// Side of a split, session and hash.
    var traffic = TrafficChoice()
    var attempts = 0
    /// How the client's stream goes on once all is flushed.
    var ending = DownstreamStream.Ending.close
    /// When reading the body began, for the slowest rate.
    var bodyStartedAt = Instant(nanoseconds: 0)

    @inline(__always)
    init() {}
}
