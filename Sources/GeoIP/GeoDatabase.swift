import CMaxMindDB
import Glibc
import Linux

/// A database that says where addresses are or whose, in MaxMind's format.
///
/// It works on a sealed copy of its file in memory, so nothing that happens to the file afterwards reaches it. Looking up
/// allocates nothing and touches no lock, and hostile content finds nothing rather than breaking anything: libmaxminddb checks
/// that what it walks lies within the file, `GeoReader` reads what it has found.
public final class GeoDatabase: Sendable {
    /// Larger files are refused; the largest edition of MaxMind's has about 200 MiB.
    public static let limitBytes = 512 << 20

    // Written by nobody once `init` is through, and freed by `deinit` alone.
    private nonisolated(unsafe) let handle: UnsafeMutablePointer<MMDB_s>
    /// What the metadata says it is, such as `GeoLite2-City`.
    public let type: String
    /// When it was built, in seconds since 1970.
    public let buildSeconds: Int
    public let nodeCount: Int

    /// A record of a database: where it begins in the data.
    public struct Record: Sendable, Equatable {
        let offset: UInt32
    }

    /// Copies and opens a file. Takes as long as reading it does, so it is nothing for a worker.
    public convenience init(path: String, limitBytes: Int = GeoDatabase.limitBytes) throws(GeoDatabaseError) {
        let copy: MemoryFile
        do throws(Errno) {
            copy = try MemoryFile(copyOf: path, limitBytes: limitBytes)
        } catch {
            throw GeoDatabaseError(
                path: path, fault: error == .tooLarge ? .tooLarge(limitBytes: limitBytes) : .system(error))
        }
        try self.init(copy, path)
    }

    private init(_ copy: borrowing MemoryFile, _ path: String) throws(GeoDatabaseError) {
        let end: [UInt8]
        do throws(Errno) {
            end = try copy.bytes(from: max(copy.count - GeoMetadata.limitBytes, 0))
        } catch {
            throw GeoDatabaseError(path: path, fault: .system(error))
        }
        guard GeoMetadata.isUsable(end.span) else {
            throw GeoDatabaseError(path: path, fault: .notADatabase("its metadata is missing or broken"))
        }
        let handle = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        let status = MMDB_open(copy.path, UInt32(MMDB_MODE_MMAP), handle)
        guard status == MMDB_SUCCESS else {
            handle.deallocate()
            throw GeoDatabaseError(path: path, fault: .notADatabase(String(cString: MMDB_strerror(status))))
        }
        self.handle = handle
        let metadata = handle.pointee.metadata
        type = Self.printable(metadata.database_type)
        buildSeconds = Int(clamping: metadata.build_epoch)
        nodeCount = Int(metadata.node_count)
    }

    deinit {
        MMDB_close(handle)
        handle.deallocate()
    }

    /// The record of an address, or nil.
    ///
    /// - Parameters:
    ///   - high, low: the address as two words in network order, IPv4 as `::ffff:a.b.c.d`.
    public func record(high: UInt64, low: UInt64) -> Record? {
        var status: CInt = 0
        let result =
            high == 0 && low >> 32 == 0xFFFF
            ? find(v4: UInt32(truncatingIfNeeded: low), &status) : find(high, low, &status)
        guard status == MMDB_SUCCESS, result.found_entry else { return nil }
        return Record(offset: result.entry.offset)
    }

    /// What stands at the end of a path in a record of this database.
    public func value(of path: GeoPath, in record: Record) -> GeoValue {
        GeoReader.value(in: data, at: Int(record.offset), path)
    }

    /// The bytes of a text that `value` has found.
    @_lifetime(borrow self)
    public func text(_ range: Range<Int>) -> Span<UInt8> {
        let data = UnsafeBufferPointer(start: handle.pointee.data_section, count: Int(handle.pointee.data_section_size))
        let span = UnsafeBufferPointer(rebasing: data[range]).span
        return _overrideLifetime(span, borrowing: self)
    }

    private var data: Span<UInt8> {
        @_lifetime(borrow self) get { text(0..<Int(handle.pointee.data_section_size)) }
    }

    private func find(v4 word: UInt32, _ status: inout CInt) -> MMDB_lookup_result_s {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = word.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(handle, $0, &status) }
        }
    }

    private func find(_ high: UInt64, _ low: UInt64, _ status: inout CInt) -> MMDB_lookup_result_s {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(handle, $0, &status) }
        }
    }

    /// A type as it may stand in a log line.
    private static func printable(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        let count = strnlen(text, 64)
        let bytes = UnsafeBufferPointer(start: text, count: count).map { UInt8(bitPattern: $0) }
        return String(decoding: bytes.map { (0x21..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
