import Linux

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
        let table: [UInt8]
        do {
            table = try Files.contents(of: "/proc/self/net/tcp", limitBytes: 1 << 26)
        } catch {
            preconditionFailure("no table of connections: \(error)")
        }
        return table.split(separator: UInt8(ascii: "\n")).dropFirst().count { line in
            let columns = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
            guard columns.count > 9, !columns[3].elementsEqual("0A".utf8), !columns[9].elementsEqual("0".utf8),
                let local = port(columns[1]), let remote = port(columns[2])
            else { return false }
            return isWanted(Entry(local: local, remote: remote))
        }
    }

    private static func port(_ address: ArraySlice<UInt8>) -> UInt16? {
        UInt16(String(decoding: address.suffix(4), as: UTF8.self), radix: 16)
    }
}
