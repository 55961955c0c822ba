import Bytes
import HTTP
import Testing

@Suite struct `What Cache-Control says` {
    private static func read(_ lines: [String]) -> CacheControl {
        var headers = HeaderBlock()
        for line in lines { headers.append(.cacheControl, value: bytes(line).span) }
        return CacheControl(of: headers)
    }

    @Test func `is read from all lines, in any case, with and without quotes`() {
        let control = Self.read([
            "Public, MAX-AGE=60 ,s-maxage=\"30\"", "stale-while-revalidate=5", "must-revalidate,stale-if-error=7",
        ])
        #expect(control.isPublic && control.mustRevalidate)
        #expect(control.maxAge == 60)
        #expect(control.sharedMaxAge == 30)
        #expect(control.staleWhileRevalidate == 5)
        #expect(control.staleIfError == 7)
        #expect(!control.noStore && !control.noCache && !control.isPrivate && !control.proxyRevalidate)
    }

    @Test(arguments: [
        ("no-store", true, false, false), ("no-cache=\"set-cookie, x\"", false, true, false),
        ("private=\"x\"", false, false, true), ("extension=\"no-store, private\"", false, false, false),
        ("no-storex, xprivate", false, false, false), ("", false, false, false), (",,no-store,,", true, false, false),
    ])
    func `forbids keeping`(line: String, noStore: Bool, noCache: Bool, isPrivate: Bool) {
        let control = Self.read([line])
        #expect([control.noStore, control.noCache, control.isPrivate] == [noStore, noCache, isPrivate])
    }

    @Test(arguments: [
        ("max-age=10", 10), ("max-age", 0), ("max-age=", 0), ("max-age=-1", 0), ("max-age=1.5", 0),
        ("max-age=10, max-age=5", 5), ("max-age=\"10", 0), ("max-age= 10", 0),
        ("max-age=99999999999999999999999", CacheControl.longest), ("max-age=4294967296", CacheControl.longest),
    ])
    func `counts a time that is none as zero, and the least of several`(line: String, seconds: Int) {
        #expect(Self.read([line]).maxAge == seconds)
    }
}

@Suite struct `Dates that peers write` {
    private static let now = 1_790_000_000

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Wednesday, 21-Oct-26 00:00:00 GMT", 1_792_540_800),
        ("Tue, 31 Dec 2069 00:00:00 GMT", 3_155_673_600),
    ])
    func `are read in all three forms`(text: String, seconds: Int) {
        #expect(HTTPDate.seconds(bytes(text).span, now: Self.now) == seconds)
    }

    @Test(arguments: [
        "", "0", "-1", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT", "Sun,,06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT+1", "Sun Nov 66 08:49:37 199x", "Sunday, 06-Nov-1994 08:49:37 GMT",
    ])
    func `are none otherwise`(text: String) {
        #expect(HTTPDate.seconds(bytes(text).span, now: Self.now) == nil)
    }

    @Test func `are the ones that are written`() {
        for seconds in stride(from: 0, to: 4_000_000_000, by: 7_777_777) {
            var buffer = ByteBuffer(capacity: 64)
            buffer.appendHTTPDate(seconds)
            let read = HTTPDate.seconds(buffer.readable, now: Self.now)
            #expect(read == seconds)
        }
    }
}
