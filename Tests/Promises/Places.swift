import Bytes
import Foundation
import GeoIP
import Model

/// A database that can be opened says of any address, for each variable, a text that is no longer than a name, and the same text
/// each time.
///
/// The input is the file.
func brokenDatabase(_ bytes: [UInt8]) -> String? {
    let path = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString).mmdb"
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard (try? Data(bytes).write(to: URL(filePath: path))) != nil, let database = try? GeoDatabase(path: path) else {
        return nil
    }
    let databases = GeoDatabases(Dictionary(uniqueKeysWithValues: GeoEdition.allCases.map { ($0, database) }))
    // Of IPv4, its ends, and of IPv6.
    let addresses: [(high: UInt64, low: UInt64)] = [
        (0, 0xFFFF_0A01_0203), (0, 0xFFFF_0000_0000), (0, 0xFFFF_FFFF_FFFF), (0x2001_0DB8 << 32, 1), (.max, .max),
        (0, 0),
    ]
    for (high, low) in addresses {
        for variable in GeoVariable.all {
            let said = databases.text(of: variable.number, high, low)
            if said.count > 1024 { return "$\(variable.name) has \(said.count) bytes" }
            if said != databases.text(of: variable.number, high, low) { return "$\(variable.name) changes" }
        }
    }
    return nil
}

extension GeoDatabases {
    fileprivate func text(of variable: Int, _ high: UInt64, _ low: UInt64) -> [UInt8] {
        let record = database(of: variable).flatMap { self.record(high: high, low: low, in: $0) }
        return withValue(of: variable, record) { $0.copied() }
    }
}
