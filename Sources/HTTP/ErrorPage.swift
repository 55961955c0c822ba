public import Bytes

/// The page that goes with a status of the proxy's own making: what nginx's users know, line for line.
public enum ErrorPage {
    /// The page's media type.
    public static let contentType: StaticString = "text/html"

    /// The page's length in bytes.
    public static func length(_ status: Status) -> Int {
        fixedLength + 2 * (4 + status.title.utf8CodeUnitCount)
    }

    private static let fixedLength = 120
}

extension ByteBuffer {
    /// Appends the page for `status`. Needs `ErrorPage.length(status)` bytes.
    public mutating func appendErrorPage(_ status: Status) {
        append("<html>\r\n<head><title>")
        appendTitle(status)
        append("</title></head>\r\n<body>\r\n<center><h1>")
        appendTitle(status)
        append("</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
    }

    private mutating func appendTitle(_ status: Status) {
        append(decimal: Int(status.rawValue), width: 3)
        append(.space)
        append(status.title)
    }
}
