public import Bytes
internal import CZlib

/// Makes one gzip stream after the other (RFC 1952), piece by piece: what goes in comes out compressed as far as there is
/// room, and what there is no room for waits within.
///
/// Owns a window and tables of `memoryBytes`, whatever is written; nothing grows.
public struct GzipWriter: ~Copyable {
    /// zlib reads and writes through it, and keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>

    /// What one holds: zlib's own figure for a window of 32 KiB and tables of level 8, and its state.
    public static let memoryBytes = 128 << 10 + 128 << 10 + 8 << 10

    /// Windows of 2^15 bytes, and 16 for the header and trailer of gzip instead of zlib's.
    private static let windowBits: CInt = 15 + 16
    private static let memoryLevel: CInt = 8

    /// - Parameter level: from 1, the fastest, to 9, the smallest.
    /// - Returns: nil when there is no memory.
    public init?(level: Int) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard gh_deflateInit2(stream, CInt(min(max(level, 1), 9)), Self.windowBits, Self.memoryLevel) == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Forgets what was written and begins another stream.
    public mutating func restart() { deflateReset(stream) }

    /// Takes what it can of `bytes` and writes what is ready into the room of `output`.
    ///
    /// - Returns: how many bytes were taken. Fewer than there are when the room is used up.
    public mutating func write(_ bytes: Span<UInt8>, to output: inout ByteBuffer) -> Int {
        let stream = stream
        return bytes.withUnsafeBufferPointer { input in
            // zlib only reads there, though its interface says otherwise.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = uInt(input.count)
            _ = Self.run(stream, Z_NO_FLUSH, &output)
            stream.pointee.next_in = nil
            return input.count - Int(stream.pointee.avail_in)
        }
    }

    /// Writes all that was taken so that a reader can have it now; costs a few bytes.
    ///
    /// - Returns: false when the room is used up first; call again with more.
    public mutating func flush(to output: inout ByteBuffer) -> Bool {
        stream.pointee.avail_in = 0
        _ = Self.run(stream, Z_SYNC_FLUSH, &output)
        return output.room > 0
    }

    /// Writes the rest and the end of the stream.
    ///
    /// - Returns: false when the room is used up first; call again with more.
    public mutating func finish(to output: inout ByteBuffer) -> Bool {
        stream.pointee.avail_in = 0
        return Self.run(stream, Z_FINISH, &output) == Z_STREAM_END
    }

    private static func run(
        _ stream: UnsafeMutablePointer<z_stream>, _ goal: CInt, _ output: inout ByteBuffer
    ) -> CInt {
        var result = Z_OK
        _ = output.withUnsafeFreeSpace { room in
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = uInt(room.count)
            result = deflate(stream, goal)
            stream.pointee.next_out = nil
            return room.count - Int(stream.pointee.avail_out)
        }
        return result
    }
}
