public import Bytes
import CLinux
import Glibc

/// A file without a name, for bytes that memory is too small for. It is gone with its owner, however the process ends.
///
/// Lies in the folder that `TMPDIR` names, else in `/tmp`. Reads and writes go through the page cache; they wait for a
/// disk only when the system has more unwritten pages than it puts up with, so callers bound what they do in a turn.
public struct TemporaryFile: ~Copyable {
    let descriptor: Descriptor
    /// Bytes that were appended.
    public private(set) var count = 0

    /// Where the files lie.
    public static let folder: String = {
        guard let value = getenv("TMPDIR") else { return "/tmp" }
        let text = String(cString: value)
        return text.isEmpty ? "/tmp" : text
    }()

    /// - Throws: when the folder takes no files: it is missing, full or read-only.
    public init() throws(Errno) { try self.init(in: Self.folder) }

    init(in folder: String) throws(Errno) {
        let unnamed = open(folder, O_RDWR | O_CLOEXEC | gh_unnamed_file(), 0o600)
        if unnamed >= 0 {
            descriptor = Descriptor(adopting: unnamed)
            return
        }
        // Not every file system has files without names: one that loses its name at once comes close.
        guard errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL else { throw .last }
        var path = Array("\(folder)/gatehouse-XXXXXX".utf8CString)
        descriptor = Descriptor(adopting: try checked { mkstemp(&path) })
        unlink(path)
        _ = fcntl(descriptor.number, F_SETFD, FD_CLOEXEC)
    }

    /// Appends all of `bytes`.
    public mutating func append(_ bytes: Span<UInt8>) throws(Errno) {
        let number = descriptor.number
        let start = count
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written..<bytes.count)
            let place = off_t(start + written)
            written += try checked { rest.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, place) } }
            count = start + written
        }
    }

    /// Appends what is in a pipe, as much as goes at once.
    public mutating func append(from pipe: inout Pipe) -> IOResult {
        let result = pipe.drain(into: descriptor, at: count)
        if case .bytes(let moved) = result { count += moved }
        return result
    }

    /// Reads from `offset` on what fits into the free space of `buffer`.
    ///
    /// - Returns: how many bytes; 0 at the end of the file.
    public func read(at offset: Int, into buffer: inout ByteBuffer) throws(Errno) -> Int {
        let number = descriptor.number
        return try buffer.withUnsafeFreeSpace { space throws(Errno) in
            try checked { pread(number, space.baseAddress, space.count, off_t(offset)) }
        }
    }

    /// Forgets the content, and gives its place on the disk back.
    public mutating func clear() {
        _ = ftruncate(descriptor.number, 0)
        count = 0
    }
}
