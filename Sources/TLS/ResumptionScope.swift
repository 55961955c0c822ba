import COpenSSL

/// Where a session may be resumed: equal parts give equal scopes, on every replica.
public enum ResumptionScope {
    /// 32 bytes for `TLSSession.accept` that stand for `parts` and their boundaries.
    public static func digest(_ parts: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = []
        for part in parts {
            text += withUnsafeBytes(of: UInt64(part.count).bigEndian) { Array($0) }
            text += part
        }
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(text, text.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }
}
