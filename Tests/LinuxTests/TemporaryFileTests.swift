import Bytes
import Foundation
import Linux
import Testing

@Suite struct `Temporary file` {
    private func read(_ file: borrowing TemporaryFile, at offset: Int, room: Int = 64) throws -> String {
        var buffer = ByteBuffer(capacity: room)
        let count = try file.read(at: offset, into: &buffer)
        #expect(buffer.count == count)
        return String(decoding: buffer.readable.copied(), as: UTF8.self)
    }

    @Test func `gives back what was appended, from any place`() throws {
        var file = try TemporaryFile()
        try file.append(Array("hello ".utf8).span)
        try file.append(Array("world".utf8).span)
        #expect(file.count == 11)
        #expect(try read(file, at: 0) == "hello world")
        #expect(try read(file, at: 6) == "world")
        #expect(try read(file, at: 0, room: 4) == "hell")
        #expect(try read(file, at: 11) == "")
    }

    @Test func `begins anew when it is cleared`() throws {
        var file = try TemporaryFile()
        try file.append(Array("hello".utf8).span)
        file.clear()
        #expect(file.count == 0)
        #expect(try read(file, at: 0) == "")
        try file.append(Array("again".utf8).span)
        #expect(try read(file, at: 0) == "again")
    }

    @Test func `takes pipes and fills them`() throws {
        var ends: [CInt] = [0, 0]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let one = Descriptor(adopting: ends[0])
        let other = Descriptor(adopting: ends[1])
        var file = try TemporaryFile()
        try file.append(Array("head:".utf8).span)
        var pipe = try Linux.Pipe()
        #expect(one.write(Array("body".utf8).span) == .bytes(4))
        #expect(pipe.fill(from: other, limit: 100) == .bytes(4))
        #expect(file.append(from: &pipe) == .bytes(4))
        #expect(try read(file, at: 0) == "head:body")
        #expect(pipe.fill(from: file, at: 2, limit: 5) == .bytes(5))
        #expect(pipe.drain(to: one, moreFollows: false) == .bytes(5))
        var buffer = ByteBuffer(capacity: 16)
        #expect(other.read(into: &buffer) == .bytes(5))
        #expect(String(decoding: buffer.readable.copied(), as: UTF8.self) == "ad:bo")
        #expect(pipe.fill(from: file, at: 9, limit: 5) == .closed)
    }

    @Test func `leaves no name behind`() throws {
        let before = try FileManager.default.contentsOfDirectory(atPath: TemporaryFile.folder).filter {
            $0.hasPrefix("gatehouse-")
        }
        let file = try TemporaryFile()
        let now = try FileManager.default.contentsOfDirectory(atPath: TemporaryFile.folder).filter {
            $0.hasPrefix("gatehouse-")
        }
        #expect(file.count == 0)
        #expect(Set(now).subtracting(before).filter { $0.count == "gatehouse-XXXXXX".count }.isEmpty)
    }
}
