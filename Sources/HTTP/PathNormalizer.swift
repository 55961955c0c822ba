public import Bytes

/// The one normal form of a path, used by matching and by every access decision alike.
///
/// As nginx makes `$uri`, and as the ingress-nginx dialect needs it: percent-encodings decoded once,
/// `//` merged, `.` and `..` resolved. An encoded slash (`%2F`) is decoded and separates like any other:
/// `/admin%2Fx` is under `/admin`, since most origins read it so. A backslash separates nothing.
///
/// Refused: malformed percent-encoding, an encoded NUL, `..` above the root, and dot segments in a path
/// that also holds encoded slashes or backslashes: two readers would resolve those to two different places.
///
/// The normal form may hold any byte but NUL; whoever writes it into a message escapes it first.
public enum PathNormalizer {
    /// Appends the normal form of a path of `storage` to `storage`.
    ///
    /// - Parameter path: begins with a slash.
    /// - Returns: where the normal form lies.
    public static func normalize(
        _ path: Range<Int>, in storage: inout ByteStorage
    ) throws(HTTP1Error) -> Range<Int> {
        let start = storage.count
        storage.reserve(path.count)
        storage.append(.slash)
        var walk = Walk(rootEnd: storage.count)
        var index = path.lowerBound + 1
        while index < path.upperBound {
            var byte = storage[index]
            index += 1
            if byte == .percent {
                guard index + 1 < path.upperBound, let high = storage[index].hexValue,
                    let low = storage[index + 1].hexValue, high | low != 0
                else { throw .badPercentEncoding(at: index - 1 - path.lowerBound) }
                index += 2
                byte = high << 4 | low
                if byte == .slash { walk.sawOtherSeparator = true }
            }
            if byte == .slash {
                try walk.endSegment(in: &storage, slash: true)
            } else {
                if byte == .backslash { walk.notePiece(in: storage) }
                storage.append(byte)
                if byte == .backslash { walk.pieceStart = storage.count }
            }
        }
        try walk.endSegment(in: &storage, slash: false)
        if walk.sawDots, walk.sawOtherSeparator { throw .ambiguousPath }
        return start..<storage.count
    }

    /// Where the walk over a path's segments stands.
    private struct Walk {
        /// Behind the root's slash.
        let rootEnd: Int
        /// Where the current segment begins in the output.
        var segmentStart: Int
        /// Where the current piece begins when backslashes are taken for separators too.
        var pieceStart: Int
        var sawDots = false
        var sawOtherSeparator = false

        init(rootEnd: Int) {
            self.rootEnd = rootEnd
            segmentStart = rootEnd
            pieceStart = rootEnd
        }

        mutating func endSegment(in storage: inout ByteStorage, slash: Bool) throws(HTTP1Error) {
            if pieceStart != segmentStart { notePiece(in: storage) }
            let length = storage.count - segmentStart
            if length == 1, storage[segmentStart] == .dot {
                sawDots = true
                storage.truncate(to: segmentStart)
            } else if length == 2, storage[segmentStart] == .dot, storage[segmentStart + 1] == .dot {
                sawDots = true
                guard segmentStart > rootEnd else { throw .pathAboveRoot }
                var parent = segmentStart - 1
                while parent > rootEnd, storage[parent - 1] != .slash { parent -= 1 }
                storage.truncate(to: parent)
            } else if length > 0, slash {
                storage.append(.slash)
            }
            segmentStart = storage.count
            pieceStart = segmentStart
        }

        /// Looks at the piece that a backslash ends or begins.
        mutating func notePiece(in storage: borrowing ByteStorage) {
            sawOtherSeparator = true
            let length = storage.count - pieceStart
            guard length == 1 || length == 2, storage[pieceStart] == .dot else { return }
            if length == 1 || storage[pieceStart + 1] == .dot { sawDots = true }
        }
    }
}
