import Bytes
import CLinux
import Glibc

/// A destination of log lines that never blocks its writer for longer than it asks to.
public struct LogOutput: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let isSocket: Bool

    /// Appends to the file at `path`, which is made with mode 0644 if need be. A pipe or terminal
    /// there is opened nonblocking.
    public static func file(_ path: String) throws(Errno) -> LogOutput {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
        return LogOutput(descriptor: Descriptor(adopting: try checked { open(path, flags, 0o644) }), isSocket: false)
    }

    /// The process' standard output.
    ///
    /// A pipe or terminal is opened anew through `/proc`, because making the inherited one
    /// nonblocking would make it so for every process that shares it.
    public static func standardOutput() throws(Errno) -> LogOutput {
        var status = stat()
        _ = try checked { fstat(STDOUT_FILENO, &status) }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFIFO || kind == S_IFCHR,
            let opened = try? checked({ open("/proc/self/fd/1", O_WRONLY | O_CLOEXEC | O_NONBLOCK) })
        {
            return LogOutput(descriptor: Descriptor(adopting: opened), isSocket: false)
        }
        let duplicate = try checked { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) }
        return LogOutput(descriptor: Descriptor(adopting: duplicate), isSocket: kind == S_IFSOCK)
    }

    /// Writes from the start of `bytes`; says how much went.
    public func write(_ bytes: Span<UInt8>) -> IOResult {
        guard isSocket else { return descriptor.writeToFile(bytes) }
        return bytes.withUnsafeBytes { source in
            while true {
                let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
                let count = send(descriptor.number, source.baseAddress, source.count, flags)
                if count >= 0 { return .bytes(count) }
                if errno == EINTR { continue }
                return errno == EAGAIN ? .wouldBlock : .failed(.last)
            }
        }
    }

    /// Waits until a write may go, at most that long.
    public func waitUntilWritable(milliseconds: CInt) {
        descriptor.waitUntilWritable(milliseconds: milliseconds)
    }
}

extension Descriptor {
    /// Blocks the thread until there is something to read, at most that long; -1 is without limit.
    /// For threads that have no loop.
    public func waitUntilReadable(milliseconds: CInt) { wait(for: POLLIN, milliseconds: milliseconds) }

    /// Blocks the thread until something can be written, at most that long.
    public func waitUntilWritable(milliseconds: CInt) { wait(for: POLLOUT, milliseconds: milliseconds) }

    private func wait(for events: CInt, milliseconds: CInt) {
        var entry = pollfd(fd: number, events: CShort(events), revents: 0)
        _ = poll(&entry, 1, milliseconds)
    }
}
