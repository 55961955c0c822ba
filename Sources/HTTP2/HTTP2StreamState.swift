public import Bytes
public import HTTP

/// One stream as its session knows it: the heads that have come, the bytes that wait in either direction, and what
/// has happened since its owner last looked.
///
/// Belongs to a session from its first frame until the owner has seen `closed` and gives it back. Reused.
public final class HTTP2StreamState {
    /// What has happened on a stream. In the order in which an owner should look.
    public struct Signals: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// An interim response head (1xx) has come; clients only. The newest is in `interim`.
        public static let interim = Signals(rawValue: 1 << 0)
        /// A request head, or a final response head, has come.
        public static let head = Signals(rawValue: 1 << 1)
        /// There is more in `input` than before.
        public static let data = Signals(rawValue: 1 << 2)
        /// The peer has finished sending; its trailers, if any, are in `trailers`.
        public static let ended = Signals(rawValue: 1 << 3)
        /// All or part of `output` has been taken.
        public static let taken = Signals(rawValue: 1 << 4)
        /// Our own end of the stream has gone out, with everything before it.
        public static let sent = Signals(rawValue: 1 << 5)
        /// The stream is closed: in order, or with `closeCode`.
        public static let closed = Signals(rawValue: 1 << 6)
    }

    /// 0 until the stream has begun.
    public internal(set) var id: Int32 = 0
    /// A number that no other stream of the session has meanwhile; small, so that owners can use an array.
    public internal(set) var index = 0
    var signals: Signals = []
    var isQueued = false

    // What comes.

    /// Servers: the request, of use once `head` was signalled.
    public var request: RequestHead
    /// Servers: why the request is to be refused, with the status of the error. Clients: which limit the response's head
    /// was over; the stream has been reset.
    public internal(set) var fault: HTTP1Error?
    /// Bytes of the fields of the request, or of the field section that is coming from a server, decoded.
    public internal(set) var headBytes = 0
    /// Servers: bytes of the trailers of the request, decoded.
    var trailerBytes = 0
    /// Clients: what a field section of the response may hold.
    var headLimits = HeadLimits.response
    /// Clients: the final response, of use once `head` was signalled.
    public var response: ResponseHead
    /// Clients: the newest interim response.
    public var interim: ResponseHead
    /// Fields that came behind the body.
    public var trailers = HeaderBlock(capacity: 32)
    /// Content that has come and was not taken. Whoever takes of it tells the session with `consume`.
    public var input = ByteBuffer()
    /// The peer has finished sending.
    public internal(set) var hasEnded = false
    /// The error code with which the stream ended; nil while it is open or if it ended in order.
    public internal(set) var closeCode: UInt32?
    var section = Section.none
    var fieldCount = 0
    /// A piece of the request's cookie has come.
    var hasCookie = false
    /// Content that has come, and how much of it the session was told is gone.
    var received = 0
    var consumed = 0
    /// Content was taken of which the session was not told.
    public var hasTakenInput: Bool { received - input.count > consumed }

    // What goes.

    /// Content that is to go. After adding to it call `HTTP2Session.resume`.
    public var output = ByteBuffer()
    /// Fields that go behind the content.
    public var outgoingTrailers = HeaderBlock(capacity: 32)
    /// Nothing more is added to `output`.
    public internal(set) var outputEnded = false
    /// The head of the response, or the request, has been handed over.
    public internal(set) var headIsSent = false
    /// Clients: the head of the request has gone out. Before that the peer cannot know of it.
    public internal(set) var headHasLeft = false
    /// The session asked for content when there was none.
    public internal(set) var isDeferred = false

    /// What the fields that are coming belong to.
    enum Section {
        case none, request, trailers
        /// A client's: the status decides.
        case undecided, interim, response
    }

    private let role: HTTP2Session.Role

    init(_ role: HTTP2Session.Role) {
        self.role = role
        request = RequestHead(capacity: role == .server ? 2048 : 1)
        response = ResponseHead(capacity: role == .client ? 2048 : 1)
        interim = ResponseHead(capacity: 1)
    }

    /// Makes the state fit for another stream. Its buffers have been taken back.
    func reset() {
        id = 0
        signals = []
        isQueued = false
        switch role {
        // A request that was taken has left an empty one in its place.
        case .server: if !request.headers.isEmpty { request.clear() }
        case .client:
            response.clear()
            interim.clear()
        }
        if !trailers.isEmpty { trailers.clear() }
        if !outgoingTrailers.isEmpty { outgoingTrailers.clear() }
        fault = nil
        headBytes = 0
        trailerBytes = 0
        hasEnded = false
        closeCode = nil
        section = .none
        fieldCount = 0
        hasCookie = false
        received = 0
        consumed = 0
        outputEnded = false
        headIsSent = false
        headHasLeft = false
        isDeferred = false
    }
}

/// What sessions of one worker share: stream states that are not in use, and room for building field lists.
public final class HTTP2StreamPool {
    private let role: HTTP2Session.Role
    private let limit: Int
    private var idle: ContiguousArray<HTTP2StreamState> = []
    var fields = FieldList()
    let memory = HTTP2Memory()

    public init(_ role: HTTP2Session.Role, keepingAtMost limit: Int = 1024) {
        self.role = role
        self.limit = limit
    }

    func take() -> HTTP2StreamState { idle.popLast() ?? HTTP2StreamState(role) }

    func give(_ state: HTTP2StreamState) {
        state.reset()
        if idle.count < limit { idle.append(state) }
    }
}
