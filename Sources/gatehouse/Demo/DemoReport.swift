import Bytes
import HTTP

/// What the demo backend answers: which configuration chose it, and the request as a backend sees it.
struct DemoReport {
    /// Body bytes that are shown.
    static let bodyLimit = 16 << 10

    /// How the proxy tells what was chosen, and what it is called in the report.
    private static let choices: [(field: StaticString, title: String)] = [
        ("X-Gatehouse-Ingress", "Ingress"), ("X-Gatehouse-Rule", "Host"), ("X-Gatehouse-Path", "Path"),
        ("X-Gatehouse-Service", "Service"), ("X-Gatehouse-Endpoint", "Endpoint"),
    ]

    /// Everything but the body.
    private var text: String
    private var body: [UInt8] = []
    private var bodyCount = 0

    init(_ head: borrowing RequestHead) {
        text = "This is Gatehouse's demo backend.\n\n"
        var chosen = ""
        var fields = ""
        for index in 0..<head.headers.count {
            let value = head.headers.value(index).text()
            if let title = Self.title(of: head.headers.name(index)) {
                let shown = value.isEmpty ? "(any)" : value
                chosen += "  " + title.padding(to: 10) + shown + "\n"
            } else {
                fields += "  \(head.headers.name(index).text()): \(value)\n"
            }
        }
        text += chosen.isEmpty ? "Asked directly, not through Gatehouse.\n" : "Chosen by Gatehouse:\n\n" + chosen
        text += "\nThe request as a backend sees it:\n\n"
        text +=
            "  \(head.methodBytes.text()) \(head.target.text()) \(head.version == .http10 ? "HTTP/1.0" : "HTTP/1.1")\n"
        text += fields
    }

    private static func title(of name: Span<UInt8>) -> String? {
        for choice in choices where name.count == choice.field.utf8CodeUnitCount {
            if name.text().lowercased() == "\(choice.field)".lowercased() { return choice.title }
        }
        return nil
    }

    /// Takes note of a piece of the body.
    mutating func add(_ piece: Span<UInt8>) {
        bodyCount += piece.count
        body += piece.extracting(first: min(piece.count, Self.bodyLimit - body.count)).copied()
    }

    /// The report as a whole.
    var content: [UInt8] {
        var content = Array(text.utf8)
        guard bodyCount > 0 else { return content }
        let cut = bodyCount > body.count ? ", the first \(body.count) of them" : ""
        content += Array("\nwith a body of \(bodyCount) bytes\(cut):\n\n".utf8)
        return content + body + (body.last == .lineFeed ? [] : [.lineFeed])
    }
}

extension String {
    /// Padded with blanks to a width.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - count, 0))
    }
}
