import Foundation
import Linux
import Testing

@testable import ControlPlane

/// A running source and the changes it tells of.
private final class Watcher {
    let source: FileSource
    private var signals: AsyncStream<Void>.Iterator
    private let thread: ThreadBox

    /// Joins its thread when it goes.
    private final class ThreadBox {
        private let source: FileSource
        private var thread: Linux.Thread?
        init(_ source: FileSource, _ thread: consuming Linux.Thread) {
            self.source = source
            self.thread = consume thread
        }
        deinit {
            source.stop()
            thread.take()?.join()
        }
    }

    init(_ paths: [String], isWatching: Bool = true) throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        source = try FileSource(paths: paths, isWatching: isWatching)
        thread = ThreadBox(source, try source.start { continuation.yield() })
        signals = stream.makeAsyncIterator()
    }

    /// The next changes, all that have settled by now.
    func next() async -> FileChanges {
        _ = await signals.next()
        return source.take().changes
    }

    /// Changes up to and including those that touch `path`.
    func next(touching path: String) async -> FileChanges {
        var all = FileChanges()
        while !all.changed.contains(path), !all.removed.contains(path) { all.append(await next()) }
        return all
    }
}

@Suite(.timeLimit(.minutes(10))) struct `File source` {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `finds manifests below folders and takes given files as they are`() async throws {
        try folder.makeFolder("a/b")
        try folder.makeFolder(".hidden")
        for name in ["a/x.yaml", "a/b/y.yml", "a/b/z.json", "a/readme.md", "a/.x.yaml", ".hidden/h.yaml", "plain"] {
            try folder.write("", to: name)
        }
        let files = FileSource.files(in: [folder["a/"], folder["plain"], folder["missing"], "-"])
        let expected = ["a/x.yaml", "a/b/y.yml", "a/b/z.json", "plain", "missing"].map { folder[$0] } + ["-"]
        #expect(files == Set(expected))
    }

    @Test func `walks a folder that links back to itself once`() throws {
        try folder.makeFolder("a/b")
        try folder.write("", to: "a/x.yaml")
        try folder.link("a/b/loop", to: folder["a"])
        #expect(FileSource.files(in: [folder["a"]]) == [folder["a/x.yaml"]])
    }

    @Test func `tells of everything first and then of what is written`() async throws {
        try folder.write("1", to: "a.yaml")
        try folder.write("1", to: "b.yaml")
        let watcher = try Watcher([folder.path])
        #expect(await watcher.next().changed == [folder["a.yaml"], folder["b.yaml"]])
        try folder.write("2", to: "b.yaml")
        #expect(await watcher.next() == FileChanges(changed: [folder["b.yaml"]]))
    }

    @Test func `leaves pipes alone that appear in a folder`() async throws {
        let watcher = try Watcher([folder.path])
        try folder.write("1", to: "a.yaml")
        _ = await watcher.next(touching: folder["a.yaml"])
        #expect(mkfifo(folder["pipe.yaml"], 0o600) == 0)
        try folder.link("link.yaml", to: folder["pipe.yaml"])
        try folder.write("1", to: "z.yaml")
        #expect(await watcher.next(touching: folder["z.yaml"]) == FileChanges(changed: [folder["z.yaml"]]))
    }

    @Test func `tells of new, moved and deleted files`() async throws {
        let watcher = try Watcher([folder.path])
        try folder.write("1", to: "a.yaml")
        #expect(await watcher.next() == FileChanges(changed: [folder["a.yaml"]]))
        try folder.rename("a.yaml", to: "b.yaml")
        #expect(await watcher.next() == FileChanges(changed: [folder["b.yaml"]], removed: [folder["a.yaml"]]))
        try folder.remove("b.yaml")
        #expect(await watcher.next() == FileChanges(removed: [folder["b.yaml"]]))
    }

    @Test func `takes an editor's way of saving for one change`() async throws {
        try folder.write("1", to: "a.yaml")
        let watcher = try Watcher([folder.path])
        _ = await watcher.next()
        try folder.rename("a.yaml", to: "a.yaml~")
        try folder.write("2", to: "a.yaml")
        try folder.remove("a.yaml~")
        #expect(await watcher.next() == FileChanges(changed: [folder["a.yaml"]]))
        try folder.write("3", to: ".a.yaml.swp")
        try folder.rename(".a.yaml.swp", to: "a.yaml")
        #expect(await watcher.next() == FileChanges(changed: [folder["a.yaml"]]))
    }

    @Test func `waits for the writer of a file to close it`() async throws {
        let watcher = try Watcher([folder.path])
        _ = FileManager.default.createFile(atPath: folder["slow.yaml"], contents: nil)
        _ = await watcher.next(touching: folder["slow.yaml"])
        let writer = try #require(FileHandle(forWritingAtPath: folder["slow.yaml"]))
        try writer.write(contentsOf: Data("half".utf8))
        try folder.write("whole", to: "other.yaml")
        let between = await watcher.next(touching: folder["other.yaml"])
        #expect(!between.changed.contains(folder["slow.yaml"]))
        try writer.close()
        #expect(await watcher.next() == FileChanges(changed: [folder["slow.yaml"]]))
    }

    @Test func `follows folders that are made, moved and deleted`() async throws {
        let watcher = try Watcher([folder.path])
        try folder.makeFolder("sub/deep")
        try folder.write("1", to: "sub/deep/a.yaml")
        #expect(await watcher.next(touching: folder["sub/deep/a.yaml"]).removed.isEmpty)
        try folder.write("2", to: "sub/deep/b.yaml")
        _ = await watcher.next(touching: folder["sub/deep/b.yaml"])
        try folder.rename("sub", to: "moved")
        var changes = await watcher.next(touching: folder["moved/deep/b.yaml"])
        while changes.removed.count < 2 { changes.append(await watcher.next()) }
        #expect(changes.removed == [folder["sub/deep/a.yaml"], folder["sub/deep/b.yaml"]])
        #expect(changes.changed == [folder["moved/deep/a.yaml"], folder["moved/deep/b.yaml"]])
        try folder.remove("moved")
        #expect(await watcher.next(touching: folder["moved/deep/a.yaml"]).changed.isEmpty)
    }

    @Test func `follows the link swap of a mounted ConfigMap`() async throws {
        for version in ["..v1", "..v2"] {
            try folder.makeFolder(version)
            try folder.write(version, to: "\(version)/web.yaml")
        }
        try folder.link("..data", to: "..v1")
        try folder.link("web.yaml", to: "..data/web.yaml")
        let watcher = try Watcher([folder.path])
        #expect(await watcher.next().changed == [folder["web.yaml"]])
        try folder.link("..data_tmp", to: "..v2")
        try folder.rename("..data_tmp", to: "..data")
        #expect(await watcher.next() == FileChanges(changed: [folder["web.yaml"]]))
        try folder.write("direct", to: "..v2/web.yaml")
        #expect(await watcher.next() == FileChanges(changed: [folder["web.yaml"]]))
    }

    @Test func `follows a given path through links of folders`() async throws {
        try folder.makeFolder("releases/1")
        try folder.makeFolder("releases/2")
        try folder.write("1", to: "releases/1/a.yaml")
        try folder.write("2", to: "releases/2/b.yaml")
        try folder.link("current", to: "releases/1")
        let watcher = try Watcher([folder["current"]])
        #expect(await watcher.next().changed == [folder["current/a.yaml"]])
        try folder.link("next", to: "releases/2")
        try folder.rename("next", to: "current")
        let swapped = FileChanges(changed: [folder["current/b.yaml"]], removed: [folder["current/a.yaml"]])
        #expect(await watcher.next() == swapped)
    }

    @Test func `notices a given file that appears later, goes and comes back`() async throws {
        let watcher = try Watcher([folder["web.conf"]])
        #expect(await watcher.next().changed == [folder["web.conf"]])
        for content in ["1", "2"] {
            try folder.write(content, to: "web.conf")
            _ = await watcher.next(touching: folder["web.conf"])
            try folder.remove("web.conf")
            var removal = await watcher.next()
            while removal.removed.isEmpty { removal = await watcher.next() }
            #expect(removal.removed == [folder["web.conf"]])
        }
    }

    @Test(arguments: [true, false])
    func `reads everything again when told to`(isWatching: Bool) async throws {
        try folder.write("1", to: "a.yaml")
        let watcher = try Watcher([folder.path], isWatching: isWatching)
        _ = await watcher.next()
        watcher.source.rereadNow()
        #expect(await watcher.next() == FileChanges(changed: [folder["a.yaml"]]))
    }

    @Test func `loses nothing when the kernel drops events`() async throws {
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let count = (Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 16_384) / 4 + 100
        try #require(count < 100_000)
        let watcher = try Watcher([folder.path])
        for number in 0..<count { try folder.write("", to: "\(number).yaml") }
        var seen: Set<String> = []
        while seen.count < count { seen.formUnion(await watcher.next().changed) }
        #expect(seen.count == count)
    }
}

@Suite struct `File changes` {
    @Test func `of one file end as the last of them`() {
        var changes = FileChanges(changed: ["a", "b"], removed: ["c"])
        changes.append(FileChanges(changed: ["c"], removed: ["a"]))
        #expect(changes == FileChanges(changed: ["b", "c"], removed: ["a"]))
    }
}
