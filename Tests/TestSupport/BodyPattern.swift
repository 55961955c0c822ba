import Glibc

/// Bytes for large bodies that tell where they belong, so that loss, repetition and reordering all show.
///
/// Each byte depends on its offset modulo a prime, which no buffer or chunk size divides.
public enum BodyPattern {
    private static let period = 65_521
    private static let source: [UInt8] = {
        var state: UInt32 = 1
        var bytes = [UInt8](repeating: 0, count: period)
        for index in 0..<period {
            state = state &* 1_664_525 &+ 1_013_904_223
            bytes[index] = UInt8(state >> 24)
        }
        return bytes + bytes + bytes
    }()

    /// Most bytes at once.
    public static let longestPiece = 2 * period

    /// The bytes from `offset` on, at most `longestPiece` of them.
    public static func bytes(at offset: Int, count: Int) -> [UInt8] {
        let start = offset % period
        return Array(source[start..<start + min(count, longestPiece)])
    }

    /// Whether these are the bytes that belong at `offset`.
    public static func matches(_ bytes: ArraySlice<UInt8>, at offset: Int) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, longestPiece)
            let start = (offset + done) % period
            let same = bytes.withUnsafeBytes { given in
                source.withUnsafeBytes { memcmp($0.baseAddress! + start, given.baseAddress! + done, count) == 0 }
            }
            guard same else { return false }
            done += count
        }
        return true
    }

    /// Sends the first `total` bytes of the pattern.
    public static func send(_ total: Int, to wire: Wire) throws {
        var sent = 0
        while sent < total {
            let piece = bytes(at: sent, count: total - sent)
            try wire.send(piece)
            sent += piece.count
        }
    }
}

/// Follows a body of the pattern as it arrives.
public struct PatternCheck {
    public private(set) var count = 0
    public private(set) var isIntact = true

    public init() {}

    public mutating func take(_ bytes: ArraySlice<UInt8>) {
        if !BodyPattern.matches(bytes, at: count) { isIntact = false }
        count += bytes.count
    }
}
