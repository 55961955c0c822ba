import Bytes
import Model
import Testing

@testable import Balancing

@Suite struct `Session table` {
    private static let upstream = UpstreamID("shop-web-80")

    private func rig(_ mode: SessionCookie.Mode, endpoints: Int = 5, secret: String = "one", seed: UInt64 = 1) -> Rig {
        var cookie = SessionCookie()
        cookie.mode = mode
        cookie.secret = secret
        return Rig(.roundRobin, endpoints: endpoints, affinity: .cookie(cookie), seed: seed)
    }

    private func begin(_ rig: inout Rig, avoiding tried: [Int] = [], _ number: UInt64 = 1, now: UInt64 = 0)
        -> NewSession?
    {
        var set = TriedEndpoints()
        for index in tried { set.insert(index) }
        return rig.balancer.beginSession(
            avoiding: set, now: now, seed: (number, SplitMix64.mix(number)), state: &rig.state)
    }

    private func value(_ key: SessionKey, _ rig: Rig) -> [UInt8] {
        var text = ByteBuffer(capacity: 80)
        key.append(to: &text)
        text.append(UInt8(ascii: "|"))
        rig.balancer.sessions?.tag.append(to: &text)
        return text.readable.copied()
    }

    private func find(_ value: [UInt8], _ rig: Rig) -> SessionTable.Finding? { rig.balancer.sessions?.find(value.span) }

    @Test(arguments: SessionCookie.Mode.allCases)
    func `finds a session's endpoint again, on every worker`(mode: SessionCookie.Mode) throws {
        var one = rig(mode)
        let other = rig(mode, seed: 2)
        var seen: Set<Int> = []
        for number in 1...200 as ClosedRange<UInt64> {
            let session = try #require(begin(&one, number))
            seen.insert(session.endpoint)
            #expect(find(value(session.key, one), other) == .endpoint(session.endpoint))
        }
        #expect(seen == [0, 1, 2, 3, 4])
    }

    @Test(arguments: SessionCookie.Mode.allCases)
    func `knows no session of another upstream or secret, and none that is made up`(mode: SessionCookie.Mode) throws {
        var one = rig(mode)
        let other = rig(mode, secret: "two")
        let session = try #require(begin(&one))
        #expect(find(value(session.key, one), other) == .foreign)
        let key = String(decoding: value(session.key, one).prefix(32), as: UTF8.self)
        for text in [
            "", "|", key, "\(key)|", "\(key)|\(key)", "10.0.0.1:8080", "|\(String(repeating: "0", count: 32))",
        ] {
            #expect(find(Array(text.utf8), one) == .foreign, "\(text)")
        }
    }

    @Test func `persistent stays while its endpoint is there, whoever comes and goes`() throws {
        var cookie = SessionCookie()
        cookie.mode = .persistent
        var all = rig(.persistent, secret: "")
        var moved = 0
        for count in [1, 3, 9] {
            let fewer = Rig(.roundRobin, endpoints: count, affinity: .cookie(cookie))
            for number in 1...50 as ClosedRange<UInt64> {
                let session = try #require(begin(&all, number))
                let found = find(value(session.key, all), fewer)
                #expect(found == (session.endpoint < count ? .endpoint(session.endpoint) : .lost))
                if found == .lost { moved += 1 }
            }
        }
        #expect(moved > 0)
    }

    @Test func `persistent names an endpoint by a digest that its address does not give away`() throws {
        var one = rig(.persistent, secret: "one")
        var other = rig(.persistent, secret: "two")
        let (a, b) = (try #require(begin(&one)), try #require(begin(&other)))
        let names = [one, other].map { rig in Array(rig.balancer.sessions?.names ?? []) }
        #expect(Set(names[0]).isDisjoint(with: names[1]))
        #expect(names[0][a.endpoint] == a.key && names[1][b.endpoint] == b.key)
    }

    @Test func `balanced moves about 1 of N sessions when an endpoint leaves`() throws {
        var all = rig(.balanced, endpoints: 5)
        let fewer = rig(.balanced, endpoints: 4)
        var moved = 0
        for number in 1...5000 as ClosedRange<UInt64> {
            let session = try #require(begin(&all, number))
            guard case .endpoint(let now) = find(value(session.key, all), fewer) else {
                Issue.record("every key belongs to an endpoint")
                continue
            }
            if session.endpoint == 4 { moved += 1 } else { #expect(now == session.endpoint) }
        }
        #expect(moved > 700 && moved < 1300)
    }

    @Test func `balanced takes any key of its own tag`() throws {
        let rig = rig(.balanced)
        let tag = String(decoding: value(SessionKey(high: 0, low: 0), rig).dropFirst(33), as: UTF8.self)
        guard case .endpoint = find(Array("whatever|\(tag)".utf8), rig) else {
            Issue.record("a key that a client made up is hashed")
            return
        }
    }

    @Test(arguments: SessionCookie.Mode.allCases)
    func `begins elsewhere than where it failed`(mode: SessionCookie.Mode) throws {
        var rig = rig(mode, endpoints: 3)
        rig.eject(1)
        for number in 1...100 as ClosedRange<UInt64> {
            #expect(try #require(begin(&rig, avoiding: [0], number)).endpoint == 2)
        }
        // With none left any will do.
        #expect(begin(&rig, avoiding: [0, 1, 2]) != nil)
    }

    @Test func `begins none without endpoints`() {
        var rig = rig(.balanced, endpoints: 0)
        #expect(begin(&rig) == nil)
        #expect(find(value(SessionKey(high: 1, low: 1), rig), rig) == .lost)
    }
}

@Suite struct `A session key` {
    @Test func `shows the digits of a digest as the reference of SipHash writes them`() {
        let hash = SipHash(key: 0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        var text = ByteBuffer(capacity: 32)
        SessionKey(hash.digest(Array((0..<UInt8(15))).span)).append(to: &text)
        #expect(text.readable.text() == "5493e99933b0a8117e08ec0f97cfc3d9")
    }
}
