import Foundation
import Linux
import Testing

@Suite struct `A copy of a file in memory` {
    private func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "gatehouse-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func `keeps what the file held, whatever becomes of it`() throws {
        let path = try file("hello world")
        let copy = try MemoryFile(copyOf: path, limitBytes: 100)
        try Data().write(to: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path)
        let (count, bytes, end) = (copy.count, try copy.bytes(from: 6), try copy.bytes(from: 99))
        #expect(count == 11)
        #expect(bytes == Array("world".utf8))
        #expect(end == [])
    }

    @Test func `can't be changed or cut off`() throws {
        let path = try file("hello")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let copy = try MemoryFile(copyOf: path, limitBytes: 100)
        let place = copy.path
        #expect(truncate(place, 0) == -1)
        #expect(errno == EPERM)
        #expect(try Files.contents(of: place, limitBytes: 100) == Array("hello".utf8))
    }

    @Test func `takes files alone, and none beyond its limit`() throws {
        let path = try file("hello")
        defer { try? FileManager.default.removeItem(atPath: path) }
        func attempt(_ path: String, _ limit: Int) throws { _ = try MemoryFile(copyOf: path, limitBytes: limit) }
        #expect(throws: Errno.tooLarge) { try attempt(path, 4) }
        #expect(throws: Errno.invalid) { try attempt(NSTemporaryDirectory(), 4) }
        #expect(throws: Errno.noEntry) { try attempt(path + "-not-there", 4) }
        try attempt(path, 5)
    }
}
