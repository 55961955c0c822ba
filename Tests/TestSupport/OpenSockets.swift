import Foundation

/// The kernel's view of this process' TCP connections: which are open, so that a forgotten one shows.
public enum OpenSockets {
    /// Open connections whose own port is `port`: those that a listener on it has accepted.
    public static func accepted(on port: UInt16) -> Int { count { $0.local == port } }

    /// Open connections to `port`: those that were made to a listener on it.
    public static func connected(to port: UInt16) -> Int { count { $0.remote == port } }

    private struct Entry {
        let local: UInt16
        let remote: UInt16
    }

    /// Closed sockets of which only the kernel's memory is left have no inode.
    private static func count(_ isWanted: (Entry) -> Bool) -> Int {
        guard let table = try? String(contentsOfFile: "/proc/self/net/tcp", encoding: .ascii) else { return 0 }
        return table.split(separator: "\n").dropFirst().count { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count > 9, columns[3] != "0A", columns[9] != "0", let local = port(columns[1]),
                let remote = port(columns[2])
            else { return false }
            return isWanted(Entry(local: local, remote: remote))
        }
    }

    private static func port(_ address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
