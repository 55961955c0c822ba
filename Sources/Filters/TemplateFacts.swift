public import Bytes
public import HTTP

extension Template {
    /// A variable that stands for a number or moment that `RequestFacts` holds.
    enum Fact: Sendable, Equatable {
        /// `$status`
        case status
        /// `$upstream_status`
        case upstreamStatus
        /// `$upstream_addr`
        case upstreamAddress
        /// `$upstream_connect_time`, `$upstream_header_time`, `$upstream_response_time`: seconds with three places.
        case connectTime, headerTime, responseTime
        /// `$request_time`, `$request_length`
        case requestTime, requestLength
        /// `$msec`, `$time_iso8601`, `$time_local`
        case seconds, isoTime, localTime
        /// `$connection`, `$connection_requests`, `$pid`
        case connection, connectionRequests, process
        /// `$remote_port`, `$server_addr`
        case clientPort, serverAddress
        /// `$hostname`
        case machineName
        /// `$upstream_cache_status`
        case cacheStatus
    }

    /// A variable that says something of the client's TLS connection.
    enum SecurityFact: Sendable, Equatable {
        /// `$ssl_protocol`, `$ssl_cipher`, `$ssl_server_name`, `$ssl_session_reused`
        case protocolName, cipher, serverName, isResumed
        /// `$ssl_client_verify`, `$ssl_client_s_dn`, `$ssl_client_i_dn`, `$ssl_client_serial`
        case verification, subject, issuer, serial
        /// `$ssl_client_fingerprint`, `$ssl_client_escaped_cert`
        case fingerprint, escapedCertificate
    }
}

extension Template.Variable {
    /// Whether only `RequestVariables` knows the value.
    var needsVariables: Bool {
        switch self {
        case .own, .fact, .requestBody: true
        default: false
        }
    }
}

/// What a client's TLS connection says of itself: made once a connection, read by templates.
public final class ConnectionSecurity: Sendable {
    /// `TLSv1.3`
    public let protocolName: [UInt8]
    public let cipher: [UInt8]
    /// The name that the client asked for; empty for none.
    public let serverName: [UInt8]
    public let isResumed: Bool
    /// `SUCCESS`, `NONE` or `FAILED:reason`, as nginx says it of every connection with TLS.
    public let verification: [UInt8]
    public let subject: [UInt8]
    public let issuer: [UInt8]
    public let serial: [UInt8]
    public let fingerprint: [UInt8]
    /// The client's certificate in PEM, escaped for a header.
    public let escapedCertificate: [UInt8]

    public init(
        protocolName: [UInt8], cipher: [UInt8] = [], serverName: [UInt8] = [], isResumed: Bool = false,
        verification: [UInt8] = [], subject: [UInt8] = [], issuer: [UInt8] = [], serial: [UInt8] = [],
        fingerprint: [UInt8] = [], escapedCertificate: [UInt8] = []
    ) {
        self.protocolName = protocolName
        self.cipher = cipher
        self.serverName = serverName
        self.isResumed = isResumed
        self.verification = verification
        self.subject = subject
        self.issuer = issuer
        self.serial = serial
        self.fingerprint = fingerprint
        self.escapedCertificate = escapedCertificate
    }

    func value(of fact: Template.SecurityFact) -> [UInt8] {
        switch fact {
        case .protocolName: protocolName
        case .cipher: cipher
        case .serverName: serverName
        case .isResumed: isResumed ? Self.resumed : Self.fresh
        case .verification: verification
        case .subject: subject
        case .issuer: issuer
        case .serial: serial
        case .fingerprint: fingerprint
        case .escapedCertificate: escapedCertificate
        }
    }

    private static let resumed = Array("r".utf8)
    private static let fresh = Array(".".utf8)
}

extension RequestVariables {
    /// Appends what a fact is; nothing while it isn't known.
    func append(_ fact: Template.Fact, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        guard buffer.room >= 64 else { return false }
        switch fact {
        case .status: buffer.append(known: facts.status)
        case .upstreamStatus: buffer.append(known: facts.upstreamStatus)
        case .upstreamAddress: return appendText(upstreamAddressRange, escaping, to: &buffer)
        case .serverAddress: return appendText(serverAddressRange, escaping, to: &buffer)
        case .connectTime: buffer.append(milliseconds: facts.connectTime)
        case .headerTime: buffer.append(milliseconds: facts.headerTime)
        case .responseTime: buffer.append(milliseconds: facts.responseTime)
        case .requestTime: buffer.append(milliseconds: facts.requestTime)
        case .requestLength: buffer.append(decimal: facts.requestLength)
        case .seconds:
            buffer.append(decimal: Int(facts.wallSeconds))
            buffer.append(.dot)
            buffer.append(decimal: facts.wallMilliseconds, width: 3)
        case .isoTime: buffer.append(isoTime: Int(facts.wallSeconds))
        case .localTime: buffer.append(localTime: Int(facts.wallSeconds))
        case .connection: buffer.append(decimal: Int(clamping: facts.connection))
        case .connectionRequests: buffer.append(decimal: facts.connectionRequests)
        case .process: buffer.append(decimal: facts.processID)
        case .clientPort: buffer.append(decimal: Int(facts.clientPort))
        case .cacheStatus: if let status = facts.cacheStatus { buffer.append(status.name) }
        case .machineName:
            let name = machineName
            return buffer.append(encoded: name.span, escaping)
        }
        return true
    }
}

extension ByteBuffer {
    fileprivate mutating func append(known value: Int?) {
        if let value { append(decimal: value) }
    }

    /// Seconds with three places, as nginx writes times.
    fileprivate mutating func append(milliseconds value: UInt32?) {
        guard let value, value != .max else { return }
        append(decimal: Int(value / 1000))
        append(.dot)
        append(decimal: Int(value % 1000), width: 3)
    }

    /// `2026-11-21T10:00:00+00:00`
    fileprivate mutating func append(isoTime seconds: Int) {
        let date = CivilDate(daysSince1970: seconds / 86_400)
        append(decimal: date.year, width: 4)
        append(.hyphen)
        append(decimal: date.month, width: 2)
        append(.hyphen)
        append(decimal: date.day, width: 2)
        append("T")
        append(timeOfDay: seconds % 86_400)
        append("+00:00")
    }

    /// `21/Nov/2026:10:00:00 +0000`
    fileprivate mutating func append(localTime seconds: Int) {
        let date = CivilDate(daysSince1970: seconds / 86_400)
        append(decimal: date.day, width: 2)
        append(.slash)
        append(monthNames.bytes.extracting((date.month - 1) * 3..<date.month * 3))
        append(.slash)
        append(decimal: date.year, width: 4)
        append(.colon)
        append(timeOfDay: seconds % 86_400)
        append(" +0000")
    }

    private mutating func append(timeOfDay seconds: Int) {
        append(decimal: seconds / 3600, width: 2)
        append(.colon)
        append(decimal: seconds / 60 % 60, width: 2)
        append(.colon)
        append(decimal: seconds % 60, width: 2)
    }
}

private let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

/// The user name that a client gives by basic authentication (RFC 7617 §2), whether or not anybody checks it.
public enum BasicUser {
    /// Appends the name as it was sent; nothing when there is none.
    public static func append(of head: borrowing RequestHead, to buffer: inout ByteBuffer) {
        _ = append(of: head, .verbatim, to: &buffer)
    }

    /// Appends the name; nothing when there is none or it isn't in that form.
    static func append(of head: borrowing RequestHead, _ escaping: Escaping, to buffer: inout ByteBuffer) -> Bool {
        guard let index = head.headers.firstIndex(of: .authorization) else { return true }
        let value = head.headers.value(index)
        guard value.startsFoldingCase("basic ") else { return true }
        let encoded = value.extracting(6..<value.count)
        guard buffer.room >= encoded.count else { return false }
        let start = buffer.count
        var bits: UInt32 = 0
        var count = 0
        for position in 0..<encoded.count {
            guard let digit = sextet(encoded[position]) else { break }
            bits = bits << 6 | UInt32(digit)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            let byte = UInt8(truncatingIfNeeded: bits >> UInt32(count))
            if byte == .colon { return true }
            guard !byte.isControl else { break }
            buffer.append(byte)
        }
        buffer.truncate(to: start)
        return true
    }

    private static func sextet(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case .zero ... .nine: byte - .zero + 52
        case UInt8(ascii: "+"): 62
        case .slash: 63
        default: nil
        }
    }
}
