import Linux
public import Model
import Synchronization
import TLS

/// Why a certificate is served without an OCSP response though `enable-ocsp` is set; for the log.
public struct StapleFault: Sendable, Equatable, CustomStringConvertible {
    public let certificate: CertificateID
    /// In words of ours; never anything that a responder sent.
    public let cause: String

    /// `certificate shop/tls has no OCSP response: 10.0.0.1:80: Connection refused`
    public var description: String { "certificate \(certificate) has no OCSP response: \(cause)" }
}

/// Keeps OCSP responses of certificates fresh, on a thread of its own that nobody waits for (`enable-ocsp`).
///
/// A certificate is asked about when it comes, and again when half of its answer's time has passed; after a failure in
/// five minutes, while an answer that still holds goes on being handed out. One question at a time.
final class StapleFetcher: Sendable {
    private struct Wish: Sendable {
        var certificate: CertificateID
        var chain: SealedBytes
    }

    private struct Orders {
        var wishes: [StapleBook.Key: Wish]?
        var isStopping = false
        var isRunning = false
    }

    /// What the thread knows of a certificate.
    private struct Errand {
        var wish: Wish
        var place: StaplePlace
        var due: Instant
    }

    private let book: StapleBook
    private let report: @Sendable (StapleFault) -> Void
    private let orders = Mutex(Orders())
    private let wake: EventFD

    private static let retryNanoseconds: UInt64 = 300_000_000_000
    private static let soonestNanoseconds: UInt64 = 60_000_000_000
    private static let latestNanoseconds: UInt64 = 86_400_000_000_000

    init(_ book: StapleBook, report: @escaping @Sendable (StapleFault) -> Void) throws(Errno) {
        self.book = book
        self.report = report
        wake = try EventFD()
    }

    /// Asks about the certificates of a model that bring no response themselves; about none where that is off.
    func follow(_ model: ProxyModel) {
        let certificates = model.settings.tls.fetchesOCSPResponses ? model.certificates : []
        var wishes: [StapleBook.Key: Wish] = [:]
        for bundle in certificates where bundle.ocspResponse == nil {
            wishes[StapleBook.key(of: bundle.chain)] = Wish(certificate: bundle.id, chain: bundle.chain)
        }
        let starts = orders.withLock { orders in
            guard !orders.isStopping, orders.isRunning || !wishes.isEmpty else { return false }
            orders.wishes = wishes
            defer { orders.isRunning = true }
            return !orders.isRunning
        }
        wake.signal()
        guard starts else { return }
        do throws(Errno) {
            // Nobody waits for its end: it may be within a question when the process ends.
            try Thread(name: "ocsp") { self.run() }.detach()
        } catch {
            orders.withLock { $0.isRunning = false }
        }
    }

    /// Has the thread end after the question under way.
    func stop() {
        orders.withLock { $0.isStopping = true }
        wake.signal()
    }

    // MARK: The thread

    private func run() {
        do throws(Errno) {
            var epoll = try Epoll(capacity: 1)
            try epoll.addLevelTriggered(wake.descriptor, tag: 0)
            var errands: [StapleBook.Key: Errand] = [:]
            while takeOrders(&errands) {
                let next = errands.min { $0.value.due < $1.value.due }
                let now = Instant.now()
                guard let next, next.value.due <= now else {
                    let wait = next.map { Int32(clamping: $0.value.due.nanoseconds(since: now) / 1_000_000 + 1) }
                    _ = try epoll.wait(milliseconds: wait ?? -1)
                    continue
                }
                errands[next.key]?.due = now.advanced(byNanoseconds: run(next.value))
            }
        } catch {
            // No descriptor is left to wait with. The next configuration starts the thread anew.
            orders.withLock { $0.isRunning = false }
        }
    }

    /// - Returns: whether the thread goes on.
    private func takeOrders(_ errands: inout [StapleBook.Key: Errand]) -> Bool {
        wake.clear()
        let (wishes, isStopping) = orders.withLock { orders in
            defer { orders.wishes = nil }
            return (orders.wishes, orders.isStopping)
        }
        guard let wishes else { return !isStopping }
        errands = errands.filter { wishes[$0.key] != nil }
        for (key, wish) in wishes where errands[key] == nil {
            errands[key] = Errand(wish: wish, place: book.place(for: key), due: .now())
        }
        book.tidy()
        return !isStopping
    }

    /// Asks about a certificate.
    ///
    /// - Returns: in how many nanoseconds to ask again.
    private func run(_ errand: Errand) -> UInt64 {
        guard let query = OCSPQuery(chain: errand.wish.chain.bytes) else {
            report(
                StapleFault(
                    certificate: errand.wish.certificate,
                    cause: "it names no responder, or its chain does not hold its issuer"))
            return Self.latestNanoseconds
        }
        var cause = "its responder's URL is not of http"
        for responder in query.responders.compactMap({ OCSPResponder($0) }) {
            do throws(OCSPResponder.Fault) {
                let response = try responder.ask(query.request)
                do throws(OCSPQuery.Refusal) {
                    let answer = try query.judge(response)
                    let lifetime = UInt64(answer.seconds) * 1_000_000_000
                    errand.place.put(answer.response, until: .now().advanced(byNanoseconds: lifetime))
                    return min(max(lifetime / 2, Self.soonestNanoseconds), Self.latestNanoseconds)
                } catch { cause = error.reason }
            } catch { cause = error.reason }
        }
        report(StapleFault(certificate: errand.wish.certificate, cause: cause))
        return Self.retryNanoseconds
    }
}
