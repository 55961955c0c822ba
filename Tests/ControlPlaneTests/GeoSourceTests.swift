import Foundation
import GeoIP
import Linux
import Model
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(10))) struct `A folder of databases` {
    private let folder: TemporaryFolder
    private let said = Watched<[String]>([])
    private let changes = Watched(0)

    init() throws { folder = try TemporaryFolder() }

    /// A source that ends with its last reference.
    private final class Followed {
        let source: GeoSource
        init(_ source: GeoSource) { self.source = source }
        deinit { source.stop() }

        var databases: GeoDatabases? { source.databases }

        /// What a configuration learns.
        func follow(isOn: Bool = true, minutes: Int = 0) -> (settings: GeoSettings, faults: [String]) {
            var settings = GeoSettings()
            settings.isOn = isOn
            settings.rereadMinutes = minutes
            let found = source.follow(&settings)
            return (settings, found.map(\.fault))
        }

        func types(minutes: Int = 0) -> [GeoEdition: String] {
            follow(minutes: minutes).settings.databases?.mapValues(\.type) ?? [:]
        }
    }

    private func source(isWatching: Bool = true, path: String? = nil, minuteMilliseconds: Int = 60_000) throws
        -> Followed
    {
        let source = try GeoSource(
            path: path ?? folder.path, isWatching: isWatching, minuteMilliseconds: minuteMilliseconds
        ) { [said] line in said.change { $0.append(line) } }
        source.notify { [changes] in changes.change { $0 += 1 } }
        return Followed(source)
    }

    private func put(_ type: String, as name: String, inPlace: Bool = false) throws {
        let bytes = MaxMindFile.bytes(type, [("10.0.0.0/8", .path("country", "iso_code", to: .text("AA")))])
        try Data(bytes).write(to: URL(filePath: folder[name]), options: inPlace ? [] : .atomic)
    }

    @Test func `is left alone until somebody wants to know places, and let go when nobody does`() throws {
        try put("GeoLite2-City", as: "GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.follow(isOn: false).settings.databases == [:])
        #expect(followed.databases == nil && said.current == [])
        #expect(followed.follow().settings.databases?.keys.sorted { $0.rawValue < $1.rawValue } == [.city])
        #expect(followed.databases != nil)
        #expect(followed.follow(isOn: false).settings.databases == [:])
        #expect(followed.databases == nil)
        #expect(followed.follow().settings.databases?[.city]?.generation == 2, "it was read anew")
    }

    @Test func `says of each database what it is, of which day and how large`() throws {
        try put("GeoLite2-City", as: "GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.types() == [.city: "GeoLite2-City"])
        #expect(said.current == ["database \(folder["GeoLite2-City.mmdb"]): GeoLite2-City of 2023-11-14, 104 nodes"])
    }

    @Test(arguments: GeoEdition.allCases)
    func `has the files that ingress-nginx reads, the fullest first`(edition: GeoEdition) throws {
        for name in edition.fileNames.reversed() {
            try put(name, as: name)
            let followed = try source()
            #expect(followed.types() == [edition: name])
        }
    }

    @Test(arguments: [true, false])
    func `is followed: a file that is replaced or written to is read again`(inPlace: Bool) throws {
        try put("One", as: "GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.types() == [.city: "One"])
        let before = try #require(followed.follow().settings.databases)
        try put("Another", as: "GeoLite2-City.mmdb", inPlace: inPlace)
        try said.wait { $0.last?.contains("Another") == true }
        try changes.wait { $0 > 0 }
        #expect(followed.types() == [.city: "Another"])
        #expect(followed.follow().settings.databases != before)
    }

    @Test func `is followed through the links of a mounted volume`() throws {
        try folder.makeFolder("..one")
        try put("One", as: "..one/GeoLite2-City.mmdb")
        try folder.link("..data", to: "..one")
        try folder.link("GeoLite2-City.mmdb", to: "..data/GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.types() == [.city: "One"])
        try folder.makeFolder("..two")
        try put("Two", as: "..two/GeoLite2-City.mmdb")
        try folder.link("..next", to: "..two")
        try folder.rename("..next", to: "..data")
        try said.wait { $0.last?.contains("Two") == true }
        #expect(followed.types() == [.city: "Two"])
    }

    @Test func `keeps what it has when a file is broken, gone or too much, and says so`() throws {
        try put("One", as: "GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.follow().faults == [])
        try folder.write("nonsense", to: "GeoLite2-City.mmdb")
        try changes.wait { $0 >= 1 }
        let broken = followed.follow()
        #expect(broken.settings.databases?[.city]?.type == "One")
        #expect(broken.faults.count == 1)
        #expect(broken.faults[0].hasPrefix("\(folder["GeoLite2-City.mmdb"]) is no usable database"))
        #expect(broken.faults[0].hasSuffix("what was read of One before stays in use"))
        try folder.remove("GeoLite2-City.mmdb")
        try changes.wait { $0 >= 2 }
        #expect(
            followed.follow().faults == [
                "\(folder["GeoLite2-City.mmdb"]) is gone: what was read of One before stays in use"
            ])
        #expect(followed.databases?.database(of: try #require(GeoVariable.named("geoip2_city")).number) != nil)
        try put("Two", as: "GeoLite2-City.mmdb")
        try said.wait { $0.last?.contains("Two") == true }
        #expect(followed.follow().faults == [])
    }

    @Test func `serves the other file of an edition when the first is broken from the start`() throws {
        try folder.write("nonsense", to: "GeoIP2-City.mmdb")
        try put("Lite", as: "GeoLite2-City.mmdb")
        let followed = try source()
        #expect(followed.types() == [.city: "Lite"])
        #expect(followed.follow().faults.count == 1)
    }

    @Test func `need not exist, and is found once it does`() throws {
        let path = folder["later"]
        let followed = try source(path: path)
        let faults = followed.follow().faults
        #expect(
            faults == ["\(path) holds no database: every $geoip2_… is empty, and rules that ask for one answer 503"])
        try folder.makeFolder("later")
        try put("One", as: "later/GeoLite2-City.mmdb")
        followed.source.rereadNow()
        // The thread may find it by itself before it is told to look.
        try said.wait { !$0.isEmpty }
        #expect(followed.types() == [.city: "One"])
    }

    @Test func `is read again when that is asked for, changed or not`() throws {
        try put("One", as: "GeoLite2-City.mmdb")
        let followed = try source(isWatching: false)
        let before = followed.follow().settings.databases
        followed.source.rereadNow()
        try changes.wait { $0 >= 1 }
        #expect(followed.follow().settings.databases != before)
        #expect(said.current.count == 2)
    }

    /// The effect of `geoip2-autoreload-in-minutes`, with short minutes.
    @Test func `is looked at every so many minutes where nobody says that it changed`() throws {
        try put("One", as: "GeoLite2-City.mmdb")
        let followed = try source(isWatching: false, minuteMilliseconds: 1)
        #expect(followed.types(minutes: 5) == [.city: "One"])
        try put("Two", as: "GeoLite2-City.mmdb")
        try said.wait { $0.last?.contains("Two") == true }
        #expect(followed.types(minutes: 5) == [.city: "Two"])
    }
}
