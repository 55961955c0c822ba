import Bytes
import Foundation
import Linux
import Model
import TestSupport
import Testing

@testable import GeoIP

/// A file that is gone with its last reference.
final class GeoFile {
    let path: String

    init(_ bytes: [UInt8]) throws {
        path = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString).mmdb"
        try write(bytes)
    }

    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension GeoDatabase {
    convenience init(bytes: [UInt8]) throws {
        let file = try GeoFile(bytes)
        try self.init(path: file.path)
    }

    func record(_ address: String) -> Record? {
        let octets = address.split(separator: ".").compactMap { UInt64($0) }
        if octets.count == 4 { return record(high: 0, low: 0xFFFF_0000_0000 | octets.reduce(0) { $0 << 8 | $1 }) }
        let groups = address.split(separator: ":").map { UInt64($0, radix: 16) ?? 0 }
        let all = groups + Array(repeating: 0, count: 8 - groups.count)
        return record(high: all[..<4].reduce(0) { $0 << 16 | $1 }, low: all[4...].reduce(0) { $0 << 16 | $1 })
    }

    /// The value at a path, in words.
    func found(_ address: String, _ path: String...) -> String? {
        guard let record = record(address) else { return nil }
        let value = value(of: GeoPath(path), in: record)
        if case .text(let range) = value { return String(decoding: text(range).copied(), as: UTF8.self) }
        return value == .none ? nil : "\(value)"
    }
}

@Suite struct `A database of places` {
    private static let wellington: MaxMindFile.Value = .map([
        ("city", .path("names", "de", to: .text("Wellington (de)"))), ("country", .path("iso_code", to: .text("NZ"))),
        ("location", .map([("latitude", .double(-41.28664)), ("accuracy", .uint16(20))])),
        ("subdivisions", .array([.path("iso_code", to: .text("WGN")), .path("iso_code", to: .text("XX"))])),
    ])

    @Test(arguments: [24, 28, 32], [4, 6])
    func `finds what it has of an address`(recordBits: Int, version: Int) throws {
        var file = MaxMindFile()
        file.recordBits = recordBits
        file.version = version
        file.add("10.0.0.0/8", .path("country", "iso_code", to: .text("AA")))
        file.add("10.1.2.0/24", Self.wellington)
        let database = try GeoDatabase(bytes: file.bytes)
        #expect(database.found("10.1.2.3", "country", "iso_code") == "NZ")
        #expect(database.found("10.1.3.3", "country", "iso_code") == "AA")
        #expect(database.found("11.1.2.3", "country", "iso_code") == nil)
        #expect(database.found("10.1.2.3", "location", "latitude") == "fraction(-41.28664)")
        #expect(database.found("10.1.2.3", "subdivisions", "1", "iso_code") == "XX")
        #expect(database.found("10.1.2.3", "subdivisions", "2", "iso_code") == nil)
        #expect(database.found("10.1.2.3", "city", "names", "en") == nil)
        #expect(database.found("10.1.2.3", "country") == nil, "a map is no value")
        #expect(database.found("10.1.2.3", "country", "iso_code", "more") == nil)
    }

    @Test func `knows addresses of IPv6, where it has any`() throws {
        var file = MaxMindFile()
        file.add("2001:db8::/32", .path("country", "iso_code", to: .text("SX")))
        let database = try GeoDatabase(bytes: file.bytes)
        #expect(database.found("2001:db8:1::", "country", "iso_code") == "SX")
        #expect(database.found("2001:db9:1::", "country", "iso_code") == nil)
        var older = MaxMindFile()
        older.version = 4
        older.add("10.0.0.0/8", .path("country", "iso_code", to: .text("AA")))
        #expect(try GeoDatabase(bytes: older.bytes).record("2001:db8:1::") == nil)
    }

    @Test func `says what it is`() throws {
        let database = try GeoDatabase(bytes: MaxMindFile.bytes("GeoIP2-ISP", [("10.0.0.0/8", .uint16(1))]))
        #expect(database.type == "GeoIP2-ISP")
        #expect(database.buildSeconds == 1_700_000_000)
        #expect(database.nodeCount == 104)
        #expect(try GeoDatabase(bytes: MaxMindFile.bytes("a\u{1B}b\nc", [])).type == "a?b?c")
    }

    @Test func `follows a pointer to what another record holds`() throws {
        var file = MaxMindFile()
        file.add("10.0.0.0/8", .path("country", "iso_code", to: .text("AA")))
        file.add("11.0.0.0/8", .pointer(0))
        #expect(try GeoDatabase(bytes: file.bytes).found("11.0.0.1", "country", "iso_code") == "AA")
    }

    @Test func `keeps its content when the file is cut off in place, or replaced`() throws {
        let file = try GeoFile(MaxMindFile.bytes([("10.0.0.0/8", .path("country", "iso_code", to: .text("AA")))]))
        let database = try GeoDatabase(path: file.path)
        let handle = try #require(FileHandle(forWritingAtPath: file.path))
        try handle.truncate(atOffset: 0)
        #expect(database.found("10.0.0.1", "country", "iso_code") == "AA")
        try file.write([UInt8](repeating: 0xFF, count: 100_000))
        #expect(database.found("10.0.0.1", "country", "iso_code") == "AA")
    }

    // MARK: What is no database

    @Test func `names the file that can't be used, and why`() throws {
        #expect(throws: GeoDatabaseError(path: "/nowhere/x.mmdb", fault: .system(.noEntry))) {
            try GeoDatabase(path: "/nowhere/x.mmdb")
        }
        #expect(throws: GeoDatabaseError(path: "/dev/null", fault: .system(.invalid))) {
            try GeoDatabase(path: "/dev/null")
        }
        let file = try GeoFile(MaxMindFile.bytes([]))
        #expect(throws: GeoDatabaseError(path: file.path, fault: .tooLarge(limitBytes: 64))) {
            try GeoDatabase(path: file.path, limitBytes: 64)
        }
        #expect(
            GeoDatabaseError(path: "x", fault: .tooLarge(limitBytes: 512 << 20)).description
                == "x is larger than 512 MiB")
        for bytes in [[], Array("not a database".utf8), MaxMindFile.bytes([]).dropLast(40)] {
            let file = try GeoFile(Array(bytes))
            let error = #expect(throws: GeoDatabaseError.self) { try GeoDatabase(path: file.path) }
            #expect(error?.description.hasPrefix("\(file.path) is no usable database: ") == true)
        }
    }

    // MARK: Hostile files

    /// Asks for everything that there may be.
    private func search(_ bytes: [UInt8]) throws {
        guard let database = try? GeoDatabase(bytes: bytes) else { return }
        for address in ["10.1.2.3", "0.0.0.0", "255.255.255.255", "2001:db8::", "ffff:ffff::"] {
            _ = database.found(address, "country", "iso_code")
            _ = database.found(address, "subdivisions", "1", "iso_code")
            _ = database.found(address, "location", "latitude")
        }
    }

    private var sample: [UInt8] {
        var file = MaxMindFile()
        file.add("10.0.0.0/8", Self.wellington)
        file.add("10.1.2.0/24", Self.wellington)
        file.add("2001:db8::/32", .pointer(0))
        return file.bytes
    }

    @Test func `does no harm however it is cut off`() throws {
        let whole = sample
        for count in stride(from: 0, to: whole.count, by: 3) { try search(Array(whole.prefix(count))) }
        for count in stride(from: 1, to: whole.count, by: 17) { try search(Array(whole.dropFirst(count))) }
    }

    @Test func `does no harm whatever bits are turned over`() throws {
        let whole = sample
        var random = SplitMix(state: 26)
        for _ in 0..<3000 {
            var broken = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                broken[Int.random(in: broken.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            try search(broken)
        }
    }

    @Test func `does no harm whatever the data and the metadata hold`() throws {
        var random = SplitMix(state: 62)
        for _ in 0..<1000 {
            let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            try search(MaxMindFile.bytes([("10.0.0.0/8", .bytes(noise))]))
            var file = MaxMindFile()
            file.metadata = [("more", .bytes(Array(noise.prefix(40))))]
            try search(file.bytes)
        }
    }

    /// Arrays of one element within each other: `01 04` is such an array's head.
    private func nested(_ depth: Int) -> [UInt8] { (0..<depth).flatMap { _ in [0x01, 0x04] } + [0xC0] }

    @Test func `finds nothing in values that go deeper than any real one`() throws {
        let deep: MaxMindFile.Value = .map([("a", .bytes(nested(400_000))), ("country", .text("AA"))])
        let database = try GeoDatabase(bytes: MaxMindFile.bytes([("10.0.0.0/8", deep)]))
        #expect(database.found("10.0.0.1", "country") == nil)
        let shallow: MaxMindFile.Value = .map([("a", .bytes(nested(15))), ("country", .text("AA"))])
        let usual = try GeoDatabase(bytes: MaxMindFile.bytes([("10.0.0.0/8", shallow)]))
        #expect(usual.found("10.0.0.1", "country") == "AA")
    }

    @Test func `refuses metadata that goes deeper than any real one`() throws {
        var file = MaxMindFile()
        file.metadata = [("deep", .bytes(nested(30_000)))]
        #expect(throws: GeoDatabaseError.self) { try GeoDatabase(bytes: file.bytes) }
    }

    @Test func `gives up on records that hold more than any real one`() throws {
        let many = (0..<GeoReader.stepLimit).map { ("k\($0)", MaxMindFile.Value.flag(true)) }
        let database = try GeoDatabase(
            bytes: MaxMindFile.bytes([("10.0.0.0/8", .map(many + [("country", .text("AA"))]))]))
        #expect(database.found("10.0.0.1", "k5") == "flag(true)")
        #expect(database.found("10.0.0.1", "country") == nil)
    }

    @Test func `finds nothing where pointers lead to pointers or nowhere`() throws {
        var file = MaxMindFile()
        file.add("10.0.0.0/8", .map([("a", .pointer(9)), ("b", .pointer(1 << 30)), ("c", .pointer(0))]))
        let database = try GeoDatabase(bytes: file.bytes)
        for key in ["a", "b", "c"] { #expect(database.found("10.0.0.1", key) == nil) }
    }

    @Test func `takes no text that is longer than a name`() throws {
        let long = String(repeating: "x", count: GeoReader.longestText)
        let database = try GeoDatabase(
            bytes: MaxMindFile.bytes([("10.0.0.0/8", .map([("a", .text(long)), ("b", .text(long + "x"))]))]))
        #expect(database.found("10.0.0.1", "a") == long)
        #expect(database.found("10.0.0.1", "b") == nil)
    }
}

extension MaxMindFile {
    static func bytes(_ blocks: [(String, Value)]) -> [UInt8] { bytes("GeoLite2-City", blocks) }
}
