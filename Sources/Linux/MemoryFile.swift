import CLinux
import Glibc

/// A copy of a file in memory that nobody can change or shorten any more.
///
/// Whoever maps a file takes a bus error when somebody else shortens it. Who maps this one does not, whatever becomes of
/// the file that it was copied from.
public struct MemoryFile: ~Copyable {
    private let descriptor: Descriptor
    public let count: Int

    /// - Parameter limitBytes: larger files are refused with `Errno.tooLarge`.
    public init(copyOf path: String, limitBytes: Int) throws(Errno) {
        var copied = 0
        descriptor = try Self.copy(of: path, limitBytes: limitBytes, &copied)
        count = copied
    }

    private static func copy(of path: String, limitBytes: Int, _ count: inout Int) throws(Errno) -> Descriptor {
        // A pipe without a writer would wait.
        let source = Descriptor(adopting: try checked { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
        var status = stat()
        let number = source.number
        _ = try checked { fstat(number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .invalid }
        guard Int(status.st_size) <= limitBytes else { throw .tooLarge }
        let copy = Descriptor(adopting: try checked { memfd_create("copy", GH_MEMFD_CLOEXEC | GH_MEMFD_SEALABLE) })
        let sealed = copy.number
        count = try fill(sealed, from: number, limitBytes: limitBytes)
        _ = try checked { fcntl(sealed, CInt(GH_ADD_SEALS), CInt(GH_SEAL_ALL)) }
        return copy
    }

    /// Where this process can open the copy anew while it is here.
    public var path: String { "/proc/self/fd/\(descriptor.number)" }

    /// Bytes from `offset` on, to the end.
    public func bytes(from offset: Int) throws(Errno) -> [UInt8] {
        let wanted = max(count - offset, 0)
        let number = descriptor.number
        var bytes: [UInt8] = []
        while bytes.count < wanted {
            let place = off_t(offset + bytes.count)
            var part = [UInt8](repeating: 0, count: min(wanted - bytes.count, 1 << 16))
            let read = try checked { part.withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, place) } }
            if read == 0 { break }
            bytes += part.prefix(read)
        }
        return bytes
    }

    private static func fill(_ copy: CInt, from source: CInt, limitBytes: Int) throws(Errno) -> Int {
        var total = 0
        while true {
            let moved = try checked { sendfile(copy, source, nil, 1 << 20) }
            if moved == 0 { return total }
            total += moved
            // It grows while it is read.
            guard total <= limitBytes else { throw .tooLarge }
        }
    }
}
