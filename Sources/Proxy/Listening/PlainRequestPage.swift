import Bytes
import HTTP

/// What a client gets that speaks HTTP without TLS on the TLS port: nginx's page, line for line, after the `Date`.
enum PlainRequestPage {
    private static let page: StaticString = """
        <html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n\
        <center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n\
        <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n
        """

    /// Needs 512 bytes.
    static func append(to output: inout ByteBuffer) {
        output.appendField(.contentType, ErrorPage.contentType)
        output.appendField(.contentLength, decimal: page.utf8CodeUnitCount)
        output.appendField(.connection, "close")
        output.appendHeadEnd()
        output.append(page)
    }
}
