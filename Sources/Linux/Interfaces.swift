import CLinux
import Glibc

/// The network interfaces of this machine.
public enum Interfaces {
    /// Every address that packets to this machine may bear, loopback ones included; none when the system won't say.
    public static func addresses() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let raw = entry.pointee.ifa_addr else { continue }
            switch CInt(raw.pointee.sa_family) {
            case AF_INET:
                let word = raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr.s_addr }
                addresses.append(IPAddress(v4: UInt32(bigEndian: word)))
            case AF_INET6:
                addresses.append(
                    raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { IPAddress($0.pointee.sin6_addr) })
            default: continue
            }
        }
        return addresses
    }
}
