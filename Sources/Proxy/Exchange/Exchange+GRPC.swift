import Bytes
import EventLoop
import Filters
import HTTP
import Model
import Telemetry

/// What is different for requests of gRPC.
extension Exchange {
    /// Answers a request of gRPC with a status of gRPC, in a response that is a head alone.
    ///
    /// The log and the metrics keep `status`: it says what the proxy did, as for any other request.
    func respondToGRPC(_ status: Status, _ fields: FieldLines, on downstream: DownstreamStream) {
        let start = downstream.openHead(512 + fields.bytes.count, worker)
        appendGRPCHead(to: &downstream.head, status, fields)
        record.bytesSent = downstream.headCount - start
        downstream.sendHead(.ok, endsStream: true)
    }

    private func appendGRPCHead(to output: inout ByteBuffer, _ status: Status, _ fields: FieldLines) {
        output.appendStatusLine(.ok)
        worker.appendDate(to: &output)
        output.appendField(.contentType, "application/grpc")
        output.append("grpc-status: ")
        output.append(decimal: GRPCStatus(status).rawValue)
        output.append("\r\ngrpc-message: ")
        output.append(decimal: Int(status.rawValue), width: 3)
        output.append(.space)
        output.append(status.title)
        output.append("\r\n")
        // Where frames mark the end a length would only be one more thing to disagree with.
        if request.version != .http2 { output.appendField(.contentLength, decimal: 0) }
        fields.append(to: &output)
        appendConnection(to: &output)
        output.appendHeadEnd()
    }
}
