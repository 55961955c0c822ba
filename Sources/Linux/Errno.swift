import Glibc

/// A system error number.
public struct Errno: Error, Hashable, Sendable {
    public let code: CInt

    public init(_ code: CInt) { self.code = code }

    /// What the last failed system call of this thread left behind.
    public static var last: Errno { Errno(errno) }

    public static let interrupted = Errno(EINTR)
    public static let again = Errno(EAGAIN)
    public static let connectionReset = Errno(ECONNRESET)
    public static let connectionRefused = Errno(ECONNREFUSED)
    public static let brokenPipe = Errno(EPIPE)
    public static let timedOut = Errno(ETIMEDOUT)
    public static let invalid = Errno(EINVAL)
    public static let noEntry = Errno(ENOENT)
    public static let tooLarge = Errno(EFBIG)
    public static let addressInUse = Errno(EADDRINUSE)
    public static let addressNotAvailable = Errno(EADDRNOTAVAIL)
    public static let accessDenied = Errno(EACCES)
    public static let processFileLimit = Errno(EMFILE)
    public static let systemFileLimit = Errno(ENFILE)
    public static let noBuffers = Errno(ENOBUFS)
    public static let noMemory = Errno(ENOMEM)

    /// Whether the process or the system has run out of descriptors or memory for them.
    public var isExhaustion: Bool {
        self == .processFileLimit || self == .systemFileLimit || self == .noBuffers || self == .noMemory
    }
}

extension Errno: CustomStringConvertible {
    /// The system's wording, such as `Connection refused`.
    public var description: String { String(cString: strerror(code)) }
}

/// Turns the `-1` of a system call into an error, and repeats a call that a signal interrupted.
@inline(__always)
func checked<Value: FixedWidthInteger & SignedInteger>(_ call: () -> Value) throws(Errno) -> Value {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = Errno.last
        if error != .interrupted { throw error }
    }
}
