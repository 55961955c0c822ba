import Foundation
import GeoIP
import Linux
import Model

/// The databases of one folder as they were last read: what is open, and what can't be.
struct GeoFolder {
    /// A database that is open, and the file it was read from.
    private struct Open {
        var database: GeoDatabase
        var path: String
        var version: FileVersion
        var state: GeoSettings.Database
    }

    private let folder: String
    private var open: [GeoEdition: Open] = [:]
    private var generation = 0
    /// By edition: why a file was not taken.
    private(set) var faults: [GeoEdition: String] = [:]

    init(_ folder: String) { self.folder = folder }

    /// The databases, for the data plane.
    var databases: GeoDatabases { GeoDatabases(open.mapValues(\.database)) }

    var states: [GeoEdition: GeoSettings.Database] { open.mapValues(\.state) }

    /// Lets go of everything.
    mutating func close() {
        open = [:]
        faults = [:]
    }

    /// Opens what is new or has changed.
    ///
    /// - Parameter isForced: also what looks as before.
    /// - Returns: what was opened, in words.
    mutating func read(isForced: Bool = false) -> [String] {
        var news: [String] = []
        for edition in GeoEdition.allCases {
            if let said = read(edition, isForced: isForced) { news.append(said) }
        }
        return news
    }

    /// A file that can't be used leaves what was read before, or else the next name of the edition.
    private mutating func read(_ edition: GeoEdition, isForced: Bool) -> String? {
        faults[edition] = nil
        let files = edition.fileNames.map { FilePaths.join(folder, $0) }.compactMap { path in
            (try? Files.status(of: path)).map { (path: path, version: $0.version) }
        }
        for file in files {
            if let known = open[edition], known.path == file.path, known.version == file.version, !isForced {
                return nil
            }
            do throws(GeoDatabaseError) {
                return take(try GeoDatabase(path: file.path), of: edition, file.path, file.version)
            } catch {
                guard faults[edition] == nil else { continue }
                faults[edition] = "\(error)"
            }
            if open[edition]?.path == file.path { break }
        }
        guard let known = open[edition] else { return nil }
        let fault = faults[edition] ?? "\(known.path) is gone"
        faults[edition] = "\(fault): what was read of \(known.state.type) before stays in use"
        return nil
    }

    private mutating func take(
        _ database: GeoDatabase, of edition: GeoEdition, _ path: String, _ version: FileVersion
    ) -> String {
        generation += 1
        let state = GeoSettings.Database(
            type: database.type, buildSeconds: database.buildSeconds, generation: generation)
        open[edition] = Open(database: database, path: path, version: version, state: state)
        return "database \(path): \(database.type) of \(Self.date(database.buildSeconds)), \(database.nodeCount) nodes"
    }

    /// `2026-01-31`
    private static func date(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601.year().month().day())
    }
}
