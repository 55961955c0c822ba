import Bytes
import HTTP
import Linux
import Model
import Testing

@testable import Filters
@testable import Proxy

@Suite struct `Store of responses` {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)
    private static let second: UInt64 = 1_000_000_000

    private static func key(_ number: Int) -> SipHash.Digest {
        SipHash(key: 1, 2).digest(Array("key \(number)".utf8).span)
    }

    private static func store(bytes: Int = 1 << 20, entries: Int = 100, seconds: UInt64 = 600) -> ResponseCacheStore {
        ResponseCacheStore(
            name: "pages", .init(bytes: bytes, entries: entries, inactiveNanoseconds: seconds * second))
    }

    private static func response(bytes: Int = 10, seconds: Int = 60, now: Instant = start) -> StoredResponse {
        var content = ByteBuffer(capacity: max(bytes, 1))
        for _ in 0..<bytes { content.append(UInt8(ascii: "x")) }
        return StoredResponse(ResponseHead(), StoredContent(content), ResponseFreshness(seconds: seconds), now: now)
    }

    private static func request(_ fields: [String: String] = [:]) -> RequestHead {
        var head = RequestHead()
        for (name, value) in fields {
            head.headers.append(name: Array(name.utf8).span, value: Array(value.utf8).span)
        }
        return head
    }

    private static func found(
        _ number: Int, in store: ResponseCacheStore, _ fields: [String: String] = [:], now: Instant = start
    ) -> StoredResponse? {
        store.find(key(number), for: request(fields), now: now).response
    }

    @Test func `gives a response back, fresh for its time`() {
        let store = Self.store()
        let response = Self.response()
        store.keep(response, for: Self.key(1), varying: nil, now: Self.start)
        #expect(Self.found(1, in: store) === response)
        #expect(Self.found(2, in: store) == nil)
        #expect(response.isFresh(at: Self.start.advanced(byNanoseconds: 59 * Self.second)))
        #expect(!response.isFresh(at: Self.start.advanced(byNanoseconds: 60 * Self.second)))
        #expect(response.age(at: Self.start.advanced(byNanoseconds: 7 * Self.second)) == 7)
        let past = Self.response(seconds: -1000)
        #expect(!past.isFresh(at: Self.start))
    }

    @Test func `forgets what was used longest ago when it has no room`() {
        let store = Self.store(bytes: 4 * (100 + ResponseCacheZone.entryBytes) + 10)
        for number in 1...4 {
            store.keep(Self.response(bytes: 100), for: Self.key(number), varying: nil, now: Self.start)
        }
        #expect(Self.found(1, in: store) != nil)
        store.keep(Self.response(bytes: 100), for: Self.key(5), varying: nil, now: Self.start)
        #expect(Self.found(2, in: store) == nil)
        for number in [1, 3, 4, 5] { #expect(Self.found(number, in: store) != nil) }
    }

    @Test func `stays within its bounds whatever is kept`() {
        let store = Self.store(bytes: 64 << 10, entries: 20)
        for number in 0..<10_000 {
            if number % 3 == 0 {
                _ = store.countUse(of: Self.key(number), now: Self.start)
            } else if number % 3 == 1 {
                let head = Self.request(["Accept": "\(number)"])
                let names = Array("accept,".utf8)
                store.keep(
                    Self.response(bytes: number % 7000), for: Self.key(1),
                    varying: (names, store.variant(of: Self.key(1), names, for: head)), now: Self.start)
            } else {
                store.keep(Self.response(bytes: number % 20_000), for: Self.key(number), varying: nil, now: Self.start)
            }
            #expect(store.bytes <= 64 << 10 && store.count <= 20)
        }
        #expect(store.count > 1)
        store.resize(.init(bytes: 2000, entries: 2, inactiveNanoseconds: 1))
        #expect(store.bytes <= 2000 && store.count <= 2)
        store.forgetInactive(now: Self.start.advanced(byNanoseconds: 1), atMost: 10)
        #expect((store.bytes, store.count) == (0, 0))
    }

    @Test func `keeps nothing that would drive out all others`() {
        let store = Self.store(bytes: 100_000)
        store.keep(Self.response(bytes: 25_000), for: Self.key(1), varying: nil, now: Self.start)
        #expect(store.count == 0)
        store.keep(Self.response(bytes: 24_000), for: Self.key(1), varying: nil, now: Self.start)
        #expect(store.count == 1)
        #expect(ResponseCacheStore.Limits(bytes: .max, entries: 1, inactiveNanoseconds: 1).responseBytes == 8 << 20)
    }

    @Test func `forgets what nobody has wanted for its time`() {
        let store = Self.store(seconds: 10)
        for number in 1...3 { store.keep(Self.response(), for: Self.key(number), varying: nil, now: Self.start) }
        let later = Self.start.advanced(byNanoseconds: 9 * Self.second)
        #expect(Self.found(1, in: store, now: later) != nil)
        let end = Self.start.advanced(byNanoseconds: 10 * Self.second)
        store.forgetInactive(now: end, atMost: 1)
        #expect(store.count == 2)
        #expect(Self.found(1, in: store, now: end) != nil)
        #expect(store.count == 1)
    }

    @Test func `tells apart what a response varies by`() {
        let store = Self.store()
        let names = Array("accept,x-mode,".utf8)
        let (plain, rich) = (Self.response(), Self.response())
        for (response, fields) in [(plain, ["Accept": "a"]), (rich, ["Accept": "a", "X-Mode": ""])] {
            let key = store.variant(of: Self.key(1), names, for: Self.request(fields))
            store.keep(response, for: Self.key(1), varying: (names, key), now: Self.start)
        }
        #expect(Self.found(1, in: store, ["accept": "a"]) === plain)
        #expect(Self.found(1, in: store, ["accept": "a", "x-mode": ""]) === rich)
        #expect(Self.found(1, in: store, ["x-mode": "a"]) == nil)
        #expect(Self.found(1, in: store, ["accept": "aa"]) == nil)
        let all = Self.response()
        store.keep(all, for: Self.key(1), varying: nil, now: Self.start)
        #expect(Self.found(1, in: store, ["x-mode": "a"]) === all)
    }

    @Test func `counts requests for what isn't kept`() {
        let store = Self.store()
        #expect((1...3).map { _ in store.countUse(of: Self.key(1), now: Self.start) } == [1, 2, 3])
        #expect(store.countUse(of: Self.key(2), now: Self.start) == 1)
        #expect(Self.found(1, in: store) == nil)
    }

    @Test func `is shared out among workers, and goes on where its zone stays`() {
        let zone = ResponseCacheZone(name: "b", bytes: 4000, entries: 40, inactive: .seconds(5))
        let first = ContiguousArray([zone], workers: 4, after: [])
        #expect(first[0].limits == .init(bytes: 1000, entries: 10, inactiveNanoseconds: 5 * Self.second))
        let other = ResponseCacheZone(name: "a", bytes: 4000, entries: 1)
        let second = ContiguousArray([other, zone], workers: 2, after: first)
        #expect(second[1] === first[0])
        #expect(second[1].limits.bytes == 2000)
        #expect(second[0].limits.entries == ResponseCacheStore.Limits.fewestEntries)
        #expect(ContiguousArray([other], workers: 2, after: second).map(\.name) == ["a"])
    }

    @Test func `A fill keeps what has come whole and nothing else`() {
        let store = Self.store()
        func fill(_ number: Int, length: Int?) -> ResponseCacheFill {
            let fill = ResponseCacheFill(store, Self.key(number), key: Self.key(number), now: Self.start)
            #expect(store.isFetching(Self.key(number)))
            fill.begin(ResponseHead(), ResponseFreshness(seconds: 60), varying: nil, for: RequestHead(), length: length)
            for _ in 0..<3 { fill.append(Array("abc".utf8).span) }
            return fill
        }
        fill(1, length: 9).commit(now: Self.start)
        fill(2, length: nil).commit(now: Self.start)
        fill(3, length: 10).commit(now: Self.start)
        fill(4, length: 9).abandon()
        let large = fill(5, length: nil)
        large.append([UInt8](repeating: 0, count: 1 << 20).span)
        #expect(!large.isRecording && large.memoryBytes == 0)
        large.commit(now: Self.start)
        let unbegun = ResponseCacheFill(store, Self.key(6), key: Self.key(6), now: Self.start)
        unbegun.commit(now: Self.start)
        #expect((1...6).map { Self.found($0, in: store)?.content.count } == [9, 9, nil, nil, nil, nil])
        #expect((1...6).allSatisfy { !store.isFetching(Self.key($0)) })
    }

    @Test func `Who fetches longest is noted, and one more after a time`() {
        let store = Self.store()
        let first = ResponseCacheFill(store, Self.key(1), key: Self.key(1), now: Self.start)
        let second = ResponseCacheFill(store, Self.key(1), key: Self.key(1), now: Self.start)
        let later = Self.start.advanced(byNanoseconds: 5 * Self.second)
        #expect(!store.admitsAnother(for: Self.key(1), after: 6 * Self.second, now: later))
        #expect(store.admitsAnother(for: Self.key(1), after: 5 * Self.second, now: later))
        #expect(!store.admitsAnother(for: Self.key(1), after: 5 * Self.second, now: later))
        second.abandon()
        #expect(store.isFetching(Self.key(1)))
        first.abandon()
        #expect(!store.isFetching(Self.key(1)))
    }
}
