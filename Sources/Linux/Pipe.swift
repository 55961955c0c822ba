import CLinux
import Glibc

/// A pipe inside the kernel that bytes are spliced through from one socket to another, without
/// ever being copied to this process.
public struct Pipe: ~Copyable {
    private let readEnd: Descriptor
    private let writeEnd: Descriptor
    /// Bytes that are inside.
    public private(set) var count = 0
    /// Most bytes that go in at once.
    public static let capacity = 1 << 18

    public init() throws(Errno) {
        var ends: (CInt, CInt) = (-1, -1)
        _ = try checked {
            withUnsafeMutableBytes(of: &ends) {
                pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress!, O_NONBLOCK | O_CLOEXEC)
            }
        }
        readEnd = Descriptor(adopting: ends.0)
        writeEnd = Descriptor(adopting: ends.1)
        // A refusal (the user's pipe quota) leaves the default size, which works as well.
        _ = fcntl(writeEnd.number, CInt(GH_SET_PIPE_SIZE), CInt(Self.capacity))
    }

    /// Moves up to `limit` bytes from `socket` into the pipe.
    public mutating func fill(from socket: borrowing Descriptor, limit: Int) -> IOResult {
        let result = Self.move(from: socket.number, to: writeEnd.number, limit: limit)
        if case .bytes(let moved) = result { count += moved }
        return result
    }

    /// Moves what is in the pipe to `socket`.
    ///
    /// - Parameter moreFollows: lets the kernel wait for more bytes before it sends a short segment.
    public mutating func drain(to socket: borrowing Descriptor, moreFollows: Bool) -> IOResult {
        let result = Self.move(from: readEnd.number, to: socket.number, limit: count, more: moreFollows)
        if case .bytes(let moved) = result { count -= moved }
        return result
    }

    /// Moves up to `limit` bytes of a file, from `offset` on, into the pipe.
    public mutating func fill(from file: borrowing TemporaryFile, at offset: Int, limit: Int) -> IOResult {
        let result = Self.move(from: file.descriptor.number, at: offset, to: writeEnd.number, limit: limit)
        if case .bytes(let moved) = result { count += moved }
        return result
    }

    /// Moves what is in the pipe to the place `offset` of a file.
    mutating func drain(into file: borrowing Descriptor, at offset: Int) -> IOResult {
        var place = offset
        while true {
            let moved = splice(readEnd.number, nil, file.number, &place, count, UInt32(GH_SPLICE_MOVE))
            if moved > 0 {
                count -= moved
                return .bytes(moved)
            }
            if moved < 0 && errno == EINTR { continue }
            return moved == 0 ? .closed : .failed(.last)
        }
    }

    private static func move(from file: CInt, at offset: Int, to target: CInt, limit: Int) -> IOResult {
        var place = offset
        while true {
            let moved = splice(file, &place, target, nil, limit, UInt32(GH_SPLICE_MOVE | GH_SPLICE_NONBLOCK))
            if moved > 0 { return .bytes(moved) }
            if moved == 0 { return .closed }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(.last)
        }
    }

    private static func move(from source: CInt, to target: CInt, limit: Int, more: Bool = false) -> IOResult {
        var flags = UInt32(GH_SPLICE_MOVE | GH_SPLICE_NONBLOCK)
        if more { flags |= UInt32(GH_SPLICE_MORE) }
        while true {
            let moved = splice(source, nil, target, nil, limit, flags)
            if moved > 0 { return .bytes(moved) }
            if moved == 0 { return .closed }
            if errno == EINTR { continue }
            return errno == EAGAIN ? .wouldBlock : .failed(.last)
        }
    }
}
