import Bytes

/// Whether what a session says is a sequence of frames (RFC 9113 §4.1), none of which stands where it may not.
struct HTTP2FrameCheck {
    private var pending: [UInt8] = []
    private var toSkip: Int
    /// Streams on which we have finished speaking.
    private var finished: Set<UInt32> = []

    private static let data: UInt8 = 0
    private static let headers: UInt8 = 1
    private static let reset: UInt8 = 3
    private static let settings: UInt8 = 4
    private static let longestFrame = 16_384

    /// - Parameter preface: bytes before the first frame.
    init(skipping preface: Int = 0) { toSkip = preface }

    /// Takes what was said.
    ///
    /// - Returns: what is wrong with it, or nil.
    mutating func take(_ bytes: Span<UInt8>) -> String? {
        pending += bytes.array
        let skipped = min(toSkip, pending.count)
        pending.removeFirst(skipped)
        toSkip -= skipped
        while pending.count >= 9 {
            let length = Int(pending[0]) << 16 | Int(pending[1]) << 8 | Int(pending[2])
            let (kind, flags) = (pending[3], pending[4])
            let stream = pending[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
            if length > Self.longestFrame { return "a frame of \(length) bytes" }
            guard pending.count >= 9 + length else { return nil }
            pending.removeFirst(9 + length)
            if let broken = judge(kind, flags, stream) { return broken }
        }
        return nil
    }

    private mutating func judge(_ kind: UInt8, _ flags: UInt8, _ stream: UInt32) -> String? {
        let endsStream = flags & 0x01 != 0
        switch kind {
        case Self.data, Self.headers:
            if stream == 0 { return "a frame of type \(kind) on stream 0" }
            if finished.contains(stream) { return "stream \(stream) goes on after its end" }
            if endsStream { finished.insert(stream) }
        case Self.reset: finished.insert(stream)
        case Self.settings: if stream != 0 { return "SETTINGS on stream \(stream)" }
        default: break
        }
        return nil
    }
}
