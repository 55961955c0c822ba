import Bytes
public import Model

/// What a client has shown of itself in the handshake of a host that asks for certificates. Made once a connection.
///
/// Where it is present, the upstream gets `ssl-client-verify` and its kin.
public final class ClientIdentity: Sendable {
    /// What the client's certificate is worth.
    public enum Verification: Sendable, Equatable {
        /// None was sent, or none was asked for.
        case none
        case success
        /// Why it can't be relied on, in OpenSSL's words.
        case failed(String)
        /// The same where nothing is wrong with it but that nobody we trust has signed it.
        case stranger(String)
    }

    /// What was asked for.
    public let policy: ClientCertificate
    public let verification: Verification
    /// Subject and issuer as RFC 2253 writes them; empty without a certificate.
    public let subject: [UInt8]
    public let issuer: [UInt8]
    /// The certificate as PEM, percent-encoded to fit into a field.
    public let escapedCertificate: [UInt8]
    /// The field lines for the upstream.
    private let lines: [UInt8]

    /// - Parameter certificate: PEM, with line ends.
    public init(
        _ policy: ClientCertificate, _ verification: Verification, subject: [UInt8] = [], issuer: [UInt8] = [],
        certificate: [UInt8] = []
    ) {
        self.policy = policy
        self.verification = verification
        self.subject = subject.map(Self.visible)
        self.issuer = issuer.map(Self.visible)
        escapedCertificate = Self.escaped(certificate)
        var lines: [UInt8] = []
        func add(_ name: String, _ value: [UInt8]) {
            if !value.isEmpty { lines += Array("\(name): ".utf8) + value + [.carriageReturn, .lineFeed] }
        }
        add("ssl-client-verify", verification.text)
        add("ssl-client-subject-dn", self.subject)
        add("ssl-client-issuer-dn", self.issuer)
        if policy.passesCertificate { add("ssl-client-cert", escapedCertificate) }
        self.lines = lines
    }

    /// Bytes that `append` needs.
    var length: Int { lines.count }

    /// Appends the field lines for the upstream.
    func append(to buffer: inout ByteBuffer) {
        let lines = lines
        buffer.append(lines.span)
    }

    /// Whether what was asked for is what `other` asks for, so that the answer holds there too.
    func answers(_ other: ClientCertificate) -> Bool {
        policy.demand == other.demand && policy.depth == other.depth
            && policy.passesCertificate == other.passesCertificate
            && policy.trust?.authorities == other.trust?.authorities
            && policy.trust?.revocations == other.trust?.revocations
    }

    /// A field value holds no control bytes, whatever a certificate says.
    private static func visible(_ byte: UInt8) -> UInt8 { byte < 0x20 || byte == 0x7F ? UInt8(ascii: "?") : byte }

    /// All but unreserved bytes (RFC 3986 §2.3) as `%XX`, as nginx's `$ssl_client_escaped_cert`.
    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte.isLetter || byte.isDigit || byte == .hyphen || byte == .dot || byte == .underscore
                || byte == UInt8(ascii: "~")
            {
                text.append(byte)
            } else {
                text += [.percent, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return text
    }
}

extension ClientIdentity.Verification {
    /// `SUCCESS`, `NONE` or `FAILED:reason`, as nginx's `$ssl_client_verify`.
    public var text: [UInt8] {
        switch self {
        case .none: Array("NONE".utf8)
        case .success: Array("SUCCESS".utf8)
        case .failed(let reason), .stranger(let reason):
            Array("FAILED:".utf8) + reason.utf8.map { $0 < 0x20 || $0 >= 0x7F ? 0x3F : $0 }
        }
    }
}

extension ClientCertificate {
    /// Whether clients are asked for a certificate at all.
    public var asksForCertificate: Bool { trust != nil && demand != .none }
}
