internal import HTTP
internal import Telemetry

/// An answer of the admin server. None holds a secret, and none is held in memory whole unless small.
struct AdminResponse {
    enum Body {
        case text(String)
        /// Sent piece by piece.
        case scrape(Scrape)
    }

    var status: Status
    var contentType = "text/plain; charset=utf-8"
    var body: Body
    /// For 405.
    var allow: String?

    init(_ status: Status, _ text: String) {
        self.status = status
        body = .text(text)
    }

    init(_ scrape: Scrape) {
        status = .ok
        contentType = Scrape.contentType
        body = .scrape(scrape)
    }

    /// The response head. The connection closes behind every answer, and a body of unknown length is
    /// chunked where the client knows chunks, so that a cut answer is seen to be cut.
    func head(chunked: Bool) -> [UInt8] {
        var text = "HTTP/1.1 \(status.rawValue) \(status.reason)\r\nContent-Type: \(contentType)\r\n"
        if case .text(let body) = body { text += "Content-Length: \(body.utf8.count)\r\n" }
        if chunked { text += "Transfer-Encoding: chunked\r\n" }
        if let allow { text += "Allow: \(allow)\r\n" }
        text += "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
        return Array(text.utf8)
    }
}
