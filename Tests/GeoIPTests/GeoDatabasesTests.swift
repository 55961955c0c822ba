import Bytes
import Model
import TestSupport
import Testing

@testable import GeoIP

@Suite struct `Databases of a folder` {
    private func value(_ name: String, _ databases: GeoDatabases, of address: UInt64 = 0x0A00_0001) throws -> String {
        let variable = try #require(GeoVariable.named("geoip2_" + name))
        let record = databases.database(of: variable.number).flatMap {
            databases.record(high: 0, low: 0xFFFF_0000_0000 | address, in: $0)
        }
        return databases.withValue(of: variable.number, record) { String(decoding: $0.copied(), as: UTF8.self) }
    }

    private func database(_ pairs: [(String, MaxMindFile.Value)]) throws -> GeoDatabase {
        try GeoDatabase(bytes: MaxMindFile.bytes([("10.0.0.0/8", .map(pairs))]))
    }

    /// A record in which each variable of an edition has a value, with what is expected of it.
    @Test func `say what each variable of each edition stands for`() throws {
        var found: [GeoEdition: GeoDatabase] = [:]
        for edition in GeoEdition.allCases {
            let sources = GeoVariable.all.flatMap(\.sources).filter { $0.edition == edition }
            found[edition] = try database(Self.tree(Array(Set(sources.map(\.path)))))
        }
        let databases = GeoDatabases(found)
        for variable in GeoVariable.all {
            let path = try #require(variable.sources.first).path
            #expect(try value(String(variable.name.dropFirst(7)), databases) == path.joined(separator: "."))
        }
    }

    /// Nested maps and arrays in which each path leads to a text that names it.
    private static func tree(_ paths: [[String]], _ above: [String] = []) -> [(String, MaxMindFile.Value)] {
        Dictionary(grouping: paths) { $0[0] }.sorted { $0.key < $1.key }.map { key, paths in
            let way = above + [key]
            if paths.contains([key]) { return (key, .text(way.joined(separator: "."))) }
            let below = tree(paths.map { Array($0.dropFirst()) }, way)
            let isArray = below.allSatisfy { Int($0.0) != nil }
            return (key, isArray ? .array(below.map(\.1)) : .map(below))
        }
    }

    @Test(arguments: [
        (MaxMindFile.Value.double(-41.28664), "-41.28664"), (.double(12), "12.00000"), (.double(0.000004), "0.00000"),
        (.double(-0.5), "-0.50000"), (.double(1e300), ""), (.double(.infinity), ""), (.float(1.5), "1.50000"),
        (.uint16(65_535), "65535"), (.uint32(4_294_967_295), "4294967295"), (.uint64(.max), "18446744073709551615"),
        (.int32(-7), "-7"), (.int32(.min), "-2147483648"), (.flag(true), "1"), (.flag(false), "0"), (.text("é"), "é"),
        (.array([]), ""), (.map([]), ""),
    ])
    func `print values as nginx's module does`(given: MaxMindFile.Value, expected: String) throws {
        let databases = GeoDatabases([.isp: try database([("isp", given)])])
        #expect(try value("isp", databases) == expected)
    }

    @Test func `have defaults for addresses that they don't know, and nothing without a database`() throws {
        let databases = GeoDatabases([.anonymousIP: try database([("is_anonymous_vpn", .flag(true))])])
        #expect(try value("is_anonymous_vpn", databases) == "1")
        #expect(try value("is_anonymous_vpn", databases, of: 0x0B00_0001) == "0")
        #expect(try value("is_anonymous", databases) == "0")
        #expect(try value("is_anon", databases) == "")
        #expect(try value("city", databases) == "")
        #expect(try value("asn", GeoDatabases([:])) == "")
    }

    @Test func `ask the database of networks first, then the one of providers`() throws {
        let networks = try database([("autonomous_system_number", .uint32(64_500))])
        let providers = try database([("autonomous_system_number", .uint32(64_501))])
        #expect(try value("asn", GeoDatabases([.asn: networks, .isp: providers])) == "64500")
        #expect(try value("asn", GeoDatabases([.isp: providers])) == "64501")
        #expect(try value("asn", GeoDatabases([.isp: providers]), of: 0x0B00_0001) == "0")
        #expect(try value("asn", GeoDatabases([.asn: networks, .isp: providers]), of: 0x0B00_0001) == "")
    }
}
