import ControlPlane
import Foundation
import TestSupport

/// A folder with databases of places, followed as the executable follows it. Goes away with its last reference.
final class Places {
    let folder: String
    let source: GeoSource
    /// How often other databases were open.
    let changes = Watched(0)

    /// - Parameter files: databases by name.
    init(_ files: [String: [UInt8]]) throws {
        folder = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        source = try GeoSource(path: folder, isWatching: true) { _ in }
        source.notify { [changes] in changes.change { $0 += 1 } }
        for (name, bytes) in files { try write(bytes, to: name) }
    }

    /// Puts a file in the place of another, as geoipupdate does.
    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"), options: .atomic)
    }

    deinit {
        source.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Countries of blocks.
    static func countries(_ blocks: [(String, String)]) -> [UInt8] {
        MaxMindFile.bytes(
            "GeoLite2-City", blocks.map { ($0, .path("country", "iso_code", to: .text($1))) })
    }

    static let known = countries([
        ("127.0.0.0/8", "NZ"), ("192.0.2.0/24", "AU"), ("198.51.100.0/24", "RU"), ("203.0.113.0/24", "AU"),
        ("2001:db8::/32", "SE"),
    ])
}
