import Foundation
import Glibc
import TestSupport
import Testing

/// What happens to manifests while they are served.
@Suite struct `A change of manifests` {
    /// Two sites in a file each, and the proxy that serves them.
    private struct Served {
        let folder: ManifestFolder
        let gatehouse: Gatehouse

        init(_ arguments: [String] = []) throws {
            folder = try ManifestFolder(["one.yaml": Manifest.site("one"), "two.yaml": Manifest.site("two")])
            gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"] + arguments)
        }

        /// The Service that answers for a host; nil when the host is not known.
        func service(of host: String) throws -> String? { try gatehouse.request(host: "\(host).example").chosenService }
    }

    @Test(arguments: [true, false])
    func `is live once its line is logged`(byRename: Bool) throws {
        let served = try Served()
        #expect(try served.service(of: "one") == "one")
        let text = Manifest.site("one", to: "other")
        let line = try served.gatehouse.reloads {
            if byRename {
                try served.folder.replace("one.yaml", with: text)
            } else {
                try served.folder.write(text, to: "one.yaml")
            }
        }
        #expect(try served.service(of: "one") == "other")
        #expect(try served.service(of: "two") == "two")
        #expect(
            line.hasSuffix(
                ": ~1 route (one.example prefix / default-one-http → default-other-http), +1 upstream, -1 upstream"))
    }

    @Test func `may be a new file, a file less, or one that gets another name`() throws {
        let served = try Served()
        let added = try served.gatehouse.reloads { try served.folder.write(Manifest.site("three"), to: "three.yml") }
        #expect(added.contains("+1 host, +1 route, +1 upstream"))
        #expect(try served.service(of: "three") == "three")
        let removed = try served.gatehouse.reloads { try served.folder.remove("two.yaml") }
        #expect(removed.contains("-1 host, -1 route, -1 upstream"))
        #expect(try served.service(of: "two") == nil)
        // Hidden files and files of other kinds do not count.
        try served.gatehouse.reloads { try served.folder.rename("three.yml", to: ".three.yml") }
        #expect(try served.service(of: "three") == nil)
        try served.gatehouse.reloads { try served.folder.rename(".three.yml", to: "again.yaml") }
        #expect(try served.service(of: "three") == "three")
    }

    @Test func `may come in a new folder and go with it`() throws {
        let served = try Served()
        try served.gatehouse.reloads {
            try served.folder.makeFolder("more/deep")
            try served.folder.write(Manifest.site("three"), to: "more/deep/three.yaml")
        }
        #expect(try served.service(of: "three") == "three")
        try served.gatehouse.reloads { try served.folder.remove("more") }
        #expect(try served.service(of: "three") == nil)
    }

    @Test func `may be a mounted ConfigMap whose link is swapped`() throws {
        let folder = try ManifestFolder()
        for (version, service) in [("v1", "blue"), ("v2", "green")] {
            try folder.makeFolder("..\(version)")
            try folder.write(Manifest.site("shop", to: service), to: "..\(version)/shop.yaml")
        }
        try folder.link("..data", to: "..v1")
        try folder.link("shop.yaml", to: "..data/shop.yaml")
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"])
        #expect(try gatehouse.request(host: "shop.example").chosenService == "blue")
        try gatehouse.reloads {
            try folder.link("..data_tmp", to: "..v2")
            try folder.rename("..data_tmp", to: "..data")
            try folder.remove("..v1")
        }
        #expect(try gatehouse.request(host: "shop.example").chosenService == "green")
    }

    @Test func `does not count while the file is being written`() throws {
        let served = try Served()
        let whole = Array(Manifest.site("one", to: "other").utf8)
        let mark = served.gatehouse.mark
        let file = open(served.folder.path(of: "one.yaml"), O_WRONLY | O_TRUNC)
        #expect(write(file, whole, whole.count / 2) == whole.count / 2)
        // Something else that changes meanwhile goes live; the half-written file keeps its objects.
        try served.gatehouse.reloads { try served.folder.replace("two.yaml", with: Manifest.site("two", to: "second")) }
        #expect(try served.service(of: "one") == "one")
        try served.gatehouse.reloads {
            let rest = Array(whole[(whole.count / 2)...])
            #expect(write(file, rest, rest.count) == rest.count)
            close(file)
        }
        #expect(try served.service(of: "one") == "other")
        let faults = served.gatehouse.process.errors.current.lines.dropFirst(mark).filter { $0.contains(" error: ") }
        #expect(faults.isEmpty)
    }

    @Test func `keeps a file's objects when the file does not parse any more`() throws {
        let served = try Served()
        let mark = served.gatehouse.mark
        try served.folder.replace("one.yaml", with: "kind: [Ingress\n")
        let line = try served.gatehouse.waitForLine(after: mark, containing: " error: ")
        #expect(line.contains("\(served.folder.path(of: "one.yaml")):"))
        #expect(try served.service(of: "one") == "one")
        // The others go on changing.
        try served.gatehouse.reloads { try served.folder.replace("two.yaml", with: Manifest.site("two", to: "second")) }
        #expect(try served.service(of: "two") == "second")
        #expect(try served.service(of: "one") == "one")
        try served.gatehouse.reloads { try served.folder.replace("one.yaml", with: Manifest.site("one", to: "other")) }
        #expect(try served.service(of: "one") == "other")
    }

    @Test func `leaves out a new object that is rejected, and takes the rest`() throws {
        let served = try Served()
        let mark = served.gatehouse.mark
        try served.gatehouse.reloads {
            try served.folder.replace(
                "three.yaml",
                with: Manifest.site("three") + Manifest.site("bad").replacing("path: /", with: "path: bad"))
        }
        #expect(try served.service(of: "three") == "three")
        #expect(try served.service(of: "bad") == nil)
        try served.gatehouse.waitForLine(after: mark, containing: " error: \(served.folder.path(of: "three.yaml")):")
        try eventually("the rejected object to be counted") {
            try served.gatehouse.metrics().sum("gatehouse_rejected_objects") == 1
        }
    }

    @Test func `that is rejected leaves the object as it was`() throws {
        let served = try Served()
        let mark = served.gatehouse.mark
        try served.folder.replace(
            "one.yaml",
            with: Manifest.ingress("one", host: "one.example", [("no-slash", "one")]) + Manifest.service("one")
                + Manifest.site("three"))
        try served.gatehouse.waitForLine(after: mark, containing: "configuration reloaded")
        let log = served.gatehouse.process.errors.current.lines.dropFirst(mark)
        #expect(log.contains { $0.contains(" error: ") && $0.contains("Ingress default/one") })
        #expect(log.contains { $0.contains("the last good version of this object stays in use") })
        #expect(try served.service(of: "one") == "one")
        #expect(try served.service(of: "three") == "three")
        // Mended, it is taken; deleted, it goes.
        try served.gatehouse.reloads { try served.folder.replace("one.yaml", with: Manifest.site("one", to: "other")) }
        #expect(try served.service(of: "one") == "other")
        try served.gatehouse.reloads { try served.folder.remove("one.yaml") }
        #expect(try served.service(of: "one") == nil)
    }

    @Test func `waits for SIGHUP when nothing is watched`() throws {
        let served = try Served(["--no-watch"])
        try served.folder.replace("one.yaml", with: Manifest.site("one", to: "other"))
        #expect(try served.service(of: "one") == "one")
        try served.gatehouse.reloads { served.gatehouse.process.signal(SIGHUP) }
        #expect(try served.service(of: "one") == "other")
    }

    @Test func `is looked at on SIGHUP, though nothing has changed`() throws {
        let served = try Served(["--log-level", "debug"])
        let mark = served.gatehouse.mark
        served.gatehouse.process.signal(SIGHUP)
        try served.gatehouse.waitForLine(after: mark, containing: "no change")
        #expect(try served.service(of: "one") == "one")
    }

    @Test func `goes live as the example's README promises`() throws {
        let example = Products.examples.appending(path: "hot-reload")
        let readme = try String(contentsOf: example.appending(path: "README.md"), encoding: .utf8)
        let command = try #require(readme.split(separator: "\n").first { $0.hasPrefix("    sed -i ") })
        let manifest = try String(contentsOf: example.appending(path: "ingress.yaml"), encoding: .utf8)
        let folder = try ManifestFolder(["ingress.yaml": manifest])
        let gatehouse = try Gatehouse(["-f", folder.path, "--demo-backends"])
        #expect(try gatehouse.request(host: "reload.example").chosenService == "blue")
        try gatehouse.reloads {
            let edit = command.replacing("Examples/hot-reload", with: folder.path)
            let edited = try Command.run("sh", ["-c", String(edit)])
            #expect(edited.status == 0)
        }
        #expect(try gatehouse.request(host: "reload.example").chosenService == "green")
    }
}
