import Foundation
import Linux
import Testing

@Suite struct `Watching a folder` {
    @Test func `tells of a file that was written and closed`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let inotify = try Inotify()
        let watch = try inotify.watch(folder.path, for: [.written, .deleted])
        let file = folder.appendingPathComponent("a.yaml")
        try Data("x".utf8).write(to: file)
        try FileManager.default.removeItem(at: file)
        let events = try inotify.readEvents()
        #expect(
            events == [
                FileEvent(watch: watch, kinds: .written, name: "a.yaml"),
                FileEvent(watch: watch, kinds: .deleted, name: "a.yaml"),
            ])
    }
}
