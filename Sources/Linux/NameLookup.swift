import CLinux
import Glibc

/// Asks the system's resolver for the addresses of a name. Blocks for as long as that takes.
public enum NameLookup {
    /// Why a name has no addresses.
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The resolver's wording, such as `Name or service not known`.
        public let description: String

        public init(_ description: String) { self.description = description }
    }

    /// Every IPv4 and IPv6 address of `name`, in the order in which the resolver prefers them (RFC 6724).
    public static func addresses(of name: String) throws(Failure) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = CInt(AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(name, nil, &hints, &list)
        guard result == 0 else {
            throw Failure(result == EAI_SYSTEM ? "\(Errno.last)" : String(cString: gai_strerror(result)))
        }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            var storage = sockaddr_storage()
            let size = min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: size))
            }
            if let found = SocketAddress(storage)?.address, !addresses.contains(found) { addresses.append(found) }
            next = entry.pointee.ai_next
        }
        return addresses
    }
}
