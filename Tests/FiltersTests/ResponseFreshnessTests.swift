import Bytes
import HTTP
import Model
import Testing

@testable import Filters

@Suite struct `How long a response may answer others` {
    /// Tue, 15 Nov 1994 12:45:26 GMT
    private static let now = 784_903_526
    private static let date = "Date: Tue, 15 Nov 1994 12:45:26 GMT"

    private static func find(
        _ lines: [String], status: Int = 200, valid: [ResponseCache.Validity] = [],
        ignoring: ResponseCache.IgnoredFields = []
    ) -> ResponseFreshness? {
        var head = ResponseHead()
        let text = lines.map { $0 + "\r\n" }.joined()
        head.restore(Status(rawValue: UInt16(status)), reason: [UInt8]().span, fields: Array(text.utf8).span)
        return ResponseFreshness.find(in: head, validities: valid, ignoring: ignoring, wallSeconds: now)
    }

    @Test(arguments: [
        ([], nil), (["Cache-Control: max-age=60"], 60), (["Cache-Control: max-age=60", "Age: 20"], 40),
        (["Cache-Control: max-age=60", "Age: 60"], nil), (["Cache-Control: max-age=60", "Age: old"], 60),
        (["Cache-Control: max-age=60, s-maxage=10"], 10), (["Cache-Control: s-maxage=10", "Expires: 0"], 10),
        (["Cache-Control: max-age=0"], nil), (["Cache-Control: max-age=x"], nil),
        (["Cache-Control: max-age=60", "Cache-Control: no-store"], nil),
        (["Cache-Control: no-cache=\"x\", max-age=60"], nil), (["Cache-Control: private, max-age=60"], nil),
        (["Expires: Tue, 15 Nov 1994 12:46:26 GMT"], 60), ([date, "Expires: Tue, 15 Nov 1994 12:46:26 GMT"], 60),
        (["Date: Tue, 15 Nov 1994 12:46:16 GMT", "Expires: Tue, 15 Nov 1994 12:46:26 GMT"], 10),
        (["Expires: Tue, 15 Nov 1994 12:45:26 GMT"], nil), (["Expires: 0"], nil), (["Expires: soon"], nil),
        (["Expires: Tue, 15 Nov 1994 12:46:26 GMT", "Age: 50"], 10),
        (["X-Accel-Expires: 30", "Cache-Control: no-store", "Expires: 0"], 30), (["X-Accel-Expires: 0"], nil),
        (["X-Accel-Expires: 0", "Cache-Control: max-age=60"], nil),
        (["X-Accel-Expires: soon", "Cache-Control: max-age=60"], 60),
        (["X-Accel-Expires: @784903586"], 60), (["X-Accel-Expires: @1"], 1 - now),
        (["X-Accel-Expires: 99999999999"], CacheControl.longest),
        (["X-Accel-Expires: @9223372036854775807"], CacheControl.longest),
        (["Cache-Control: max-age=60", "Set-Cookie: a=b"], nil), (["Cache-Control: max-age=60", "Vary: *"], nil),
        (["Cache-Control: max-age=60", "Vary: Accept, *"], nil), (["Cache-Control: max-age=60", "Vary: Accept"], 60),
        (["Cache-Control: max-age=60", "Vary: \(String(repeating: "a", count: 200))"], nil),
        (["Cache-Control: max-age=60", "Vary: no token"], nil), (["Pragma: no-cache", "Cache-Control: max-age=5"], 5),
    ])
    func `is said by its fields, nginx's first`(lines: [String], seconds: Int?) {
        #expect(Self.find(lines)?.seconds == seconds)
    }

    @Test(arguments: [
        (200, 600), (301, 600), (302, 600), (404, 60), (500, 5), (204, 5),
    ])
    func `is said by the first rule for its status, where its fields are silent`(status: Int, seconds: Int) {
        let rules: [ResponseCache.Validity] = [
            .init(statuses: [200, 301, 302], seconds: 600), .init(statuses: [404], seconds: 60),
            .init(statuses: nil, seconds: 5), .init(statuses: [500], seconds: 99),
        ]
        #expect(Self.find([], status: status, valid: rules)?.seconds == seconds)
        #expect(Self.find(["Cache-Control: max-age=7"], status: status, valid: rules)?.seconds == 7)
        #expect(Self.find(["Cache-Control: no-store"], status: status, valid: rules) == nil)
    }

    @Test(
        arguments: [
            (["Cache-Control: no-store"], ResponseCache.IgnoredFields.cacheControl, 600),
            (["Expires: 0"], .expires, 600), (["X-Accel-Expires: 0"], .accelExpires, 600),
            (["Set-Cookie: a=b"], .setCookie, 600),
            (["Vary: *"], .vary, 600), (["Cache-Control: max-age=5", "Expires: 0"], .expires, 5),
            (["Cache-Control: no-store", "Expires: 0"], .cacheControl, nil),
            (["Vary: *", "Set-Cookie: a"], .vary, nil),
        ] as [([String], ResponseCache.IgnoredFields, Int?)])
    func `isn't said by fields that have no say`(
        lines: [String], ignored: ResponseCache.IgnoredFields, seconds: Int?
    ) {
        let rule = ResponseCache.Validity(statuses: [200], seconds: 600)
        #expect(Self.find(lines, valid: [rule], ignoring: ignored)?.seconds == seconds)
    }

    @Test func `comes with what may be done afterwards, and for whom`() throws {
        let plain = try #require(Self.find(["Cache-Control: max-age=60"]))
        #expect(!plain.isForAll && !plain.forbidsStale && plain.staleIfError == 0 && plain.staleWhileRevalidate == 0)
        let rich = try #require(
            Self.find(["Cache-Control: max-age=60, stale-if-error=9, stale-while-revalidate=8", "Age: 3"]))
        #expect((rich.staleIfError, rich.staleWhileRevalidate, rich.age) == (9, 8, 3))
        for word in ["public", "s-maxage=9", "must-revalidate"] {
            #expect(Self.find(["Cache-Control: max-age=60, \(word)"])?.isForAll == true)
        }
        for word in ["must-revalidate", "proxy-revalidate"] {
            #expect(Self.find(["Cache-Control: max-age=60, \(word)"])?.forbidsStale == true)
        }
    }
}

@Suite struct `What is asked of a stored response` {
    @Test(arguments: [
        ("bytes=0-0", ResponseConditions.Part.bytes(0..<1)), ("bytes=9-", .bytes(9..<10)), ("bytes=-1", .bytes(9..<10)),
        ("bytes=-100", .bytes(0..<10)), ("bytes=5-100", .bytes(5..<10)), ("Bytes=2-3", .bytes(2..<4)),
        ("bytes=10-", .none), ("bytes=-0", .none), ("bytes=10-20", .none), ("bytes=", .all), ("bytes=-", .all),
        ("bytes=5-4", .all), ("bytes=1-2,3-4", .all), ("bytes=0x1-2", .all), ("octets=1-2", .all),
        ("bytes=99999999999999999999-", .all), ("bytes=1-99999999999999999999", .all),
        ("bytes=1-9223372036854775807", .bytes(1..<10)),
    ])
    func `is one part of it, or all`(range: String, part: ResponseConditions.Part) {
        #expect(ResponseConditions.part(Array(range.utf8).span, of: 10) == part)
    }

    @Test func `is nothing of what is empty`() {
        #expect(ResponseConditions.part(Array("bytes=0-".utf8).span, of: 0) == .none)
        #expect(ResponseConditions.part(Array("bytes=-5".utf8).span, of: 0) == .none)
    }

    @Test(arguments: [
        ("\"a\"", "\"a\"", true), ("W/\"a\"", "\"a\"", true), ("\"a\"", "\"b\", W/\"a\"", true), ("\"a\"", "*", true),
        ("\"a\"", "\"b\"", false), ("\"a\"", "", false), ("\"a,b\"", "\"a,b\"", true), ("\"a\"", "a", false),
        ("\"a\"", "\"b\",,\"c\"", false),
    ])
    func `is nothing if a tag is among those that the client has`(tag: String, list: String, isNamed: Bool) {
        #expect(ResponseConditions.names(Array(tag.utf8).span, Array(list.utf8).span) == isNamed)
    }
}
