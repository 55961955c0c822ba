import Bytes
import Filters
import TestSupport
import Testing

@Suite struct `PROXY header` {
    private func parse(_ bytes: [UInt8]) throws -> ProxyHeader? { try ProxyHeader.parse(bytes.span) }
    private func parse(_ text: String) throws -> ProxyHeader? { try parse(Array(text.utf8)) }

    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
    private static let v4: [UInt8] =
        signature + [0x21, 0x11, 0, 12, 203, 0, 113, 9, 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb]

    @Test func `version 1 names both ends`() throws {
        let header = try #require(try parse("PROXY TCP4 203.0.113.9 10.0.0.1 56324 443\r\nGET"))
        #expect(header.length == 43)
        #expect(header.source?.address.description == "203.0.113.9")
        #expect(header.source?.port == 56324)
        #expect(header.destination?.address.description == "10.0.0.1")
        #expect(header.destination?.port == 443)
    }

    @Test func `version 1 knows IPv6`() throws {
        let header = try #require(try parse("PROXY TCP6 2001:db8::1 ::1 1 2\r\n"))
        #expect(header.source?.address.description == "2001:db8::1")
    }

    @Test func `version 1 may write IPv4 addresses as IPv6`() throws {
        let header = try #require(try parse("PROXY TCP6 ::ffff:203.0.113.9 2001:db8::1 1 2\r\n"))
        #expect(header.source?.address.description == "203.0.113.9")
    }

    @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:: ffff:: 1 2\r\n"])
    func `version 1 may not know`(text: String) throws {
        #expect(try parse(text) == ProxyHeader(length: text.utf8.count))
    }

    @Test func `version 2 names both ends`() throws {
        let header = try #require(try parse(Self.v4 + Array("GET".utf8)))
        #expect(header.length == 28)
        #expect(header.source?.address.description == "203.0.113.9")
        #expect(header.source?.port == 56324)
        #expect(header.destination?.port == 443)
    }

    @Test func `version 2 of a balancer that speaks for itself names nobody`() throws {
        #expect(try parse(Self.signature + [0x20, 0, 0, 2, 1, 2]) == ProxyHeader(length: 18))
    }

    @Test func `version 2 may carry more than addresses`() throws {
        var bytes = Self.v4 + [1, 0, 2, 0x68, 0x32]
        bytes[15] = 17
        #expect(try parse(bytes)?.length == 33)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "PROXY\r\n\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 ::1 1 2\r\n",
        "PROXY TCP4 ::ffff:1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP6 1.2.3.4 ::1 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "\u{16}\u{3}\u{1}",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: ProxyHeader.Fault.malformed) { try parse(text) }
    }

    @Test func `a line without an end is refused`() {
        #expect(throws: ProxyHeader.Fault.tooLong) { try parse("PROXY " + String(repeating: "1", count: 200)) }
    }

    @Test func `a header of version 2 beyond the limit is refused before it has arrived`() {
        #expect(throws: ProxyHeader.Fault.tooLong) { try parse(Self.signature + [0x21, 0x11, 0xff, 0xff]) }
    }

    @Test(arguments: [Array("PROXY TCP4 203.0.113.9 10.0.0.1 56324 443\r\n".utf8), v4])
    func `is the same however it arrives`(bytes: [UInt8]) throws {
        for count in 0..<bytes.count { #expect(try parse(Array(bytes[..<count])) == nil) }
        #expect(try parse(bytes)?.length == bytes.count)
    }

    @Test(arguments: ["203.0.113.9", "2001:db8::1"])
    func `what is written can be read`(text: String) throws {
        let parsed = ClientAddress(Array(text.utf8).span)
        let address = try #require(parsed)
        let (source, target) = (
            ProxyHeader.End(address: address, port: 1234), ProxyHeader.End(address: address, port: 443)
        )
        for binary in [false, true] {
            var buffer = ByteBuffer(capacity: 128)
            if binary {
                ProxyHeader.appendBinary(source: source, destination: target, to: &buffer)
            } else {
                ProxyHeader.appendLine(source: source, destination: target, to: &buffer)
            }
            let header = try ProxyHeader.parse(buffer.readable)
            #expect(header == ProxyHeader(length: buffer.count, source: source, destination: target))
        }
    }

    @Test(arguments: seeds(in: "proxy-header"))
    func `of a seed has one verdict however it arrives`(seed: Seed) {
        func verdict(_ bytes: [UInt8]) -> Result<ProxyHeader?, ProxyHeader.Fault> {
            do throws(ProxyHeader.Fault) { return .success(try ProxyHeader.parse(bytes.span)) } catch {
                return .failure(error)
            }
        }
        for bytes in seed.variations(300) {
            let whole = verdict(bytes)
            for cut in seed.cuts(of: bytes) {
                let early = verdict(Array(bytes[..<cut]))
                #expect(early == .success(nil) || early == whole)
            }
        }
    }
}
