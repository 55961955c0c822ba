import COpenSSL
import Glibc

/// Looks into certificates by the thousand.
///
/// OpenSSL 3.0 collects all decoders that might fit anew for every key that it reads, the one within a certificate
/// included, which takes ten times as long as decoding. Here certificates are read in a library context that knows no keys,
/// and the keys by decoders that are kept.
///
/// Vouches only for what is plain: everything else is for `PEM`, which also finds the words for what is wrong.
/// Not for several threads at once.
final class CertificateReader {
    /// What a decoder is for.
    private struct Purpose: Hashable {
        /// OpenSSL's name of the algorithm, or its object identifier.
        var algorithm: String
        var isPrivate: Bool
    }

    private enum Kind: Equatable {
        case certificate
        case privateKey
        case other
    }

    /// Where nothing is known, so that certificates are read without their keys.
    private let bare: OpaquePointer
    private let emptiness: OpaquePointer
    private var decoders: [Purpose: KeyDecoder] = [:]

    /// More kinds of keys than these are not kept decoders for.
    private static let mostDecoders = 16

    /// Nil when OpenSSL cannot do it.
    init?() {
        guard let context = OSSL_LIB_CTX_new() else { return nil }
        guard let provider = OSSL_PROVIDER_load(context, "null") else {
            OSSL_LIB_CTX_free(context)
            return nil
        }
        bare = context
        emptiness = provider
    }

    deinit {
        OSSL_PROVIDER_unload(emptiness)
        OSSL_LIB_CTX_free(bare)
    }

    /// What the first certificate of a chain says, if all can be read and the key is its own. Nil says nothing about
    /// what is wrong, or that anything is.
    func facts(chain: [UInt8], key: [UInt8]) -> CertificateFacts? {
        defer { ERR_clear_error() }
        let found = certificates(chain)
        defer { for certificate in found { X509_free(certificate) } }
        guard let leaf = found.first, owns(leaf, key) else { return nil }
        var bits = Int.max
        for certificate in found {
            guard let own = publicKey(of: certificate) else { return nil }
            defer { EVP_PKEY_free(own) }
            let strength = CertificateStrength.bits(of: certificate, key: own)
            // Where no keys are known, nobody is found to vouch for itself, and a signature counts that shouldn't.
            let isSelfIssued = X509_get_extension_flags(certificate) & CUnsignedInt(EXFLAG_SI) != 0
            guard !isSelfIssued || strength == Int(EVP_PKEY_get_security_bits(own)) else { return nil }
            bits = min(bits, strength)
        }
        return CertificateFacts(leaf, securityBits: bits)
    }

    /// Empty unless the text is certificates and nothing but.
    private func certificates(_ text: [UInt8]) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        let isPlain = PEM.blocks(text) { name, _, bytes in
            guard Self.kind(name) == .certificate else { return false }
            var start = bytes.baseAddress
            guard let item = ASN1_item_d2i_ex(nil, &start, CLong(bytes.count), X509_it(), bare, nil) else {
                return false
            }
            found.append(item)
            return start == bytes.baseAddress?.advanced(by: bytes.count)
        }
        if isPlain { return found }
        for certificate in found { X509_free(certificate) }
        return []
    }

    private func owns(_ certificate: OpaquePointer, _ text: [UInt8]) -> Bool {
        guard let own = publicKey(of: certificate) else { return false }
        defer { EVP_PKEY_free(own) }
        guard let name = EVP_PKEY_get0_type_name(own) else { return false }
        let algorithm = String(cString: name)
        var fits = false
        let isPlain = PEM.blocks(text) { name, header, bytes in
            switch Self.kind(name) {
            // Parameters may stand before a key.
            case .other: return !fits
            case .certificate: return false
            case .privateKey:
                guard !fits, header == 0, let key = decoder(algorithm, isPrivate: true)?.key(in: bytes) else {
                    return false
                }
                defer { EVP_PKEY_free(key) }
                fits = EVP_PKEY_eq(own, key) == 1
                return fits
            }
        }
        return isPlain && fits
    }

    private func publicKey(of certificate: OpaquePointer) -> OpaquePointer? {
        let place = X509_get_X509_PUBKEY(certificate)
        var identifier: OpaquePointer?
        guard X509_PUBKEY_get0_param(&identifier, nil, nil, nil, place) == 1 else { return nil }
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { space -> String? in
            guard OBJ_obj2txt(space.baseAddress, CInt(space.count), identifier, 0) > 0 else { return nil }
            return space.baseAddress.map { String(cString: $0) }
        }
        guard let name, let decoder = decoder(name, isPrivate: false) else { return nil }
        var text: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_PUBKEY(place, &text)
        guard length > 0, let text else { return nil }
        defer { CRYPTO_free(text, nil, 0) }
        return decoder.key(in: UnsafeBufferPointer(start: text, count: Int(length)))
    }

    private func decoder(_ algorithm: String, isPrivate: Bool) -> KeyDecoder? {
        let purpose = Purpose(algorithm: algorithm, isPrivate: isPrivate)
        if let known = decoders[purpose] { return known }
        guard decoders.count < Self.mostDecoders, let made = KeyDecoder(algorithm, isPrivate: isPrivate) else {
            return nil
        }
        decoders[purpose] = made
        return made
    }

    private static func kind(_ name: UnsafePointer<CChar>) -> Kind {
        switch String(cString: name) {
        case "CERTIFICATE": .certificate
        case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY": .privateKey
        default: .other
        }
    }
}

/// Reads DER encoded keys of one algorithm.
private final class KeyDecoder {
    private let context: OpaquePointer
    /// Where OpenSSL leaves what it has read.
    private let place: UnsafeMutablePointer<OpaquePointer?>

    /// What was asked for: OpenSSL goes on reading these texts without a copy of its own.
    private let texts: [UnsafeMutablePointer<CChar>]

    /// Nil when OpenSSL knows no such keys.
    init?(_ algorithm: String, isPrivate: Bool) {
        let texts = ["DER", "SubjectPublicKeyInfo", algorithm].compactMap { (text: String) in strdup(text) }
        guard texts.count == 3 else { fatalError("no memory for a decoder") }
        let place = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
        place.initialize(to: nil)
        let made = OSSL_DECODER_CTX_new_for_pkey(
            place, texts[0], isPrivate ? nil : UnsafePointer(texts[1]), texts[2],
            isPrivate ? GH_SELECT_KEYPAIR : GH_SELECT_PUBLIC_KEY, nil, nil)
        guard let made, OSSL_DECODER_CTX_get_num_decoders(made) > 0 else {
            OSSL_DECODER_CTX_free(made)
            place.deallocate()
            for text in texts { free(text) }
            return nil
        }
        context = made
        self.place = place
        self.texts = texts
    }

    deinit {
        OSSL_DECODER_CTX_free(context)
        place.deallocate()
        for text in texts { free(text) }
    }

    /// The key that the bytes are, all of them; the caller's to free.
    func key(in bytes: UnsafeBufferPointer<UInt8>) -> OpaquePointer? {
        var start = bytes.baseAddress
        var count = bytes.count
        place.pointee = nil
        let isRead = OSSL_DECODER_from_data(context, &start, &count) == 1
        defer { place.pointee = nil }
        guard isRead, count == 0 else {
            EVP_PKEY_free(place.pointee)
            return nil
        }
        return place.pointee
    }
}
