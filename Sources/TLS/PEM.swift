import COpenSSL
import Glibc

/// Reading OpenSSL's objects out of PEM text. Every object made here belongs to the caller.
enum PEM {
    /// Never asks anybody for a pass phrase: a key that needs one cannot be read.
    private static let noPassPhrase:
        @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt, UnsafeMutableRawPointer?)
            -> CInt = { _, _, _, _ in 0 }

    /// Most certificates or revocation lists in one text.
    private static let most = 1000

    /// The certificates of a text, in their order. Ends at the first block that is none.
    static func certificates(_ text: [UInt8]) throws(TLSConfigurationError) -> [OpaquePointer] {
        try objects(text, "a certificate", free: X509_free) { PEM_read_bio_X509($0, nil, noPassPhrase, nil) }
    }

    static func revocationLists(_ text: [UInt8]) throws(TLSConfigurationError) -> [OpaquePointer] {
        try objects(text, "a revocation list", free: X509_CRL_free) {
            PEM_read_bio_X509_CRL($0, nil, noPassPhrase, nil)
        }
    }

    /// - Parameter twin: the public key that the private one should belong to. Knowing its kind spares OpenSSL from trying
    ///   every decoder, which takes four times as long.
    static func privateKey(_ text: [UInt8], like twin: OpaquePointer? = nil) throws(TLSConfigurationError)
        -> OpaquePointer
    {
        if let twin, let key = keyOfKind(EVP_PKEY_get_base_id(twin), in: text) { return key }
        let key = reading(text) { PEM_read_bio_PrivateKey($0, nil, noPassPhrase, nil) }
        guard let key else {
            // OpenSSL's reasons tell of decoders that were tried, which helps nobody.
            ERR_clear_error()
            throw TLSConfigurationError("the private key cannot be read")
        }
        return key
    }

    /// The first private key of a text, if it is of that kind and in the clear.
    private static func keyOfKind(_ kind: CInt, in text: [UInt8]) -> OpaquePointer? {
        var key: OpaquePointer?
        blocks(text) { name, _, bytes in
            guard String(cString: name).hasSuffix("PRIVATE KEY") else { return true }
            var start = bytes.baseAddress
            key = d2i_PrivateKey(kind, nil, &start, bytes.count)
            return false
        }
        return key
    }

    /// Calls `body` with each block of a text, until it returns false: its name, the length of its header, which only
    /// what is encrypted has, and what it holds.
    ///
    /// - Returns: whether all of the text has been seen, and it was well-formed.
    @discardableResult
    static func blocks(
        _ text: [UInt8], _ body: (UnsafePointer<CChar>, Int, UnsafeBufferPointer<UInt8>) -> Bool
    ) -> Bool {
        defer { ERR_clear_error() }
        return reading(text) { bio in
            for _ in 0..<most {
                var name: UnsafeMutablePointer<CChar>?
                var header: UnsafeMutablePointer<CChar>?
                var data: UnsafeMutablePointer<UInt8>?
                var length = 0
                guard PEM_read_bio(bio, &name, &header, &data, &length) == 1 else { return isAtEnd }
                defer {
                    CRYPTO_free(name, nil, 0)
                    CRYPTO_free(header, nil, 0)
                    CRYPTO_clear_free(data, length, nil, 0)
                }
                guard let name, let header, body(name, strlen(header), UnsafeBufferPointer(start: data, count: length))
                else { return false }
            }
            return false
        }
    }

    /// The last thing that went wrong was that there is no further block.
    private static var isAtEnd: Bool {
        let code = ERR_peek_last_error()
        return gh_SSL_error_library(code) == ERR_LIB_PEM && gh_SSL_error_reason(code) == PEM_R_NO_START_LINE
    }

    static func parameters(_ text: [UInt8]) throws(TLSConfigurationError) -> OpaquePointer {
        guard let parameters = reading(text, { PEM_read_bio_Parameters($0, nil) }) else {
            throw .library("the Diffie-Hellman parameters cannot be read")
        }
        return parameters
    }

    private static func objects(
        _ text: [UInt8], _ what: String, free: (OpaquePointer?) -> Void, _ read: (OpaquePointer?) -> OpaquePointer?
    ) throws(TLSConfigurationError) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        reading(text) { bio in while found.count < most, let object = read(bio) { found.append(object) } }
        let isEnd = isAtEnd
        guard !found.isEmpty, isEnd || ERR_peek_last_error() == 0 else {
            for object in found { free(object) }
            throw found.isEmpty && isEnd
                ? TLSConfigurationError("holds no PEM block of \(what)") : .library("\(what) cannot be read")
        }
        ERR_clear_error()
        return found
    }

    private static func reading<Result>(_ text: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
        ERR_clear_error()
        return text.withUnsafeBytes { bytes in
            let bio = BIO_new_mem_buf(bytes.baseAddress, CInt(clamping: bytes.count))
            defer { BIO_free(bio) }
            return body(bio)
        }
    }
}
