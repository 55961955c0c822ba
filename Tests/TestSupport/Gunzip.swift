import CZlib

/// Reads gzip (RFC 1952) as clients do, so that tests can look into it.
public enum Gunzip {
    /// What comes of a stream.
    public struct Outcome: Equatable, Sendable {
        public var bytes: [UInt8]
        /// The end of the stream has come, its checksum was right, and nothing stood behind it.
        public var isWhole: Bool

        public init(bytes: [UInt8], isWhole: Bool) {
            self.bytes = bytes
            self.isWhole = isWhole
        }

        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// What a stream, or the beginning of one, holds; nil for what is no gzip.
    public static func read(_ input: [UInt8]) -> Outcome? {
        var stream = z_stream()
        guard gh_inflateInit2(&stream, 15 + 16) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var input = input
        var found: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 64 << 10)
        return input.withUnsafeMutableBufferPointer { bytes in
            stream.next_in = bytes.baseAddress
            stream.avail_in = uInt(bytes.count)
            while true {
                let (result, count) = room.withUnsafeMutableBufferPointer { space in
                    stream.next_out = space.baseAddress
                    stream.avail_out = uInt(space.count)
                    let result = inflate(&stream, Z_SYNC_FLUSH)
                    return (result, space.count - Int(stream.avail_out))
                }
                found += room[..<count]
                switch result {
                case Z_OK: if count == 0, stream.avail_in == 0 { return Outcome(bytes: found, isWhole: false) }
                case Z_BUF_ERROR: return Outcome(bytes: found, isWhole: false)
                case Z_STREAM_END: return Outcome(bytes: found, isWhole: stream.avail_in == 0)
                default: return nil
                }
            }
        }
    }
}
