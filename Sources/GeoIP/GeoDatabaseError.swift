public import Linux

/// Why a file can't be used as a database.
public struct GeoDatabaseError: Error, Equatable, CustomStringConvertible {
    public enum Fault: Equatable, Sendable {
        /// The file can't be read or copied.
        case system(Errno)
        case tooLarge(limitBytes: Int)
        /// It holds no database, or one that is cut off or broken.
        case notADatabase(String)
    }

    public let path: String
    public let fault: Fault

    public var description: String {
        switch fault {
        case .system(let error): "\(path) can't be read: \(error)"
        case .tooLarge(let limit): "\(path) is larger than \(limit >> 20) MiB"
        case .notADatabase(let reason): "\(path) is no usable database: \(reason)"
        }
    }
}
