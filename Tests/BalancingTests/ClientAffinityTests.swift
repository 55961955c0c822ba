import Model
import Testing

@testable import Balancing

@Suite struct `Client affinity` {
    private static let keys = (0..<2000).map { SplitMix64.mix(UInt64($0)) }
    private static let timeout: UInt64 = 600

    private func rig(_ endpoints: Int, _ table: ClientTable, named name: String = "shop-web-80") -> Rig {
        Rig(
            .roundRobin, weights: Array(repeating: 1, count: endpoints),
            affinity: .clientAddress(timeout: .seconds(Self.timeout)), named: name, clients: table)
    }

    private func picks(_ rig: inout Rig, now: UInt64 = 0) -> [Int?] {
        var picks: [Int?] = []
        for key in Self.keys { picks.append(rig.pick(key: key, now: now)) }
        return picks
    }

    @Test(arguments: [1, 3])
    func `keeps everybody where they are when endpoints come`(count: Int) {
        let table = ClientTable(sets: 1 << 10, seed: 1)
        var few = rig(count, table)
        var more = rig(6, table)
        let before = picks(&few)
        #expect(picks(&more) == before)
    }

    @Test func `ends when nobody came for its time, and not before`() {
        let table = ClientTable(sets: 1 << 10, seed: 1)
        var few = rig(3, table)
        var more = rig(6, table)
        var fresh = rig(6, ClientTable(sets: 1 << 10, seed: 1))
        let before = picks(&few)
        #expect(picks(&more, now: Self.timeout * second) == before)
        // The time began anew with each of these requests.
        #expect(picks(&more, now: 2 * Self.timeout * second) == before)
        let after = picks(&more, now: (3 * Self.timeout + 2) * second)
        #expect(after == picks(&fresh))
        let moved = zip(before, after).count { $0 != $1 }
        // Half of the endpoints are new, so about half of the clients belong to them.
        #expect(moved > 800 && moved < 1200)
    }

    @Test func `moves the clients of an endpoint that leaves, and nobody else`() {
        let table = ClientTable(sets: 1 << 10, seed: 1)
        var all = rig(4, table)
        var fewer = rig(3, table)
        for (before, after) in zip(picks(&all), picks(&fewer)) {
            if before == 3 { #expect(after != nil) } else { #expect(after == before) }
        }
    }

    @Test func `goes with a client whose endpoint failed, and stays there`() throws {
        var rig = rig(4, ClientTable(sets: 1, seed: 1))
        let pick = rig.pick(key: 7)
        let first = try #require(pick)
        let other = rig.pick(avoiding: [first], key: 7)
        let next = try #require(other)
        #expect(next != first)
        #expect(rig.pick(key: 7) == next)
        rig.eject(next)
        let third = rig.pick(key: 7)
        #expect(third != nil && third != next)
        #expect(rig.pick(key: 7, now: 5 * second) == third)
    }

    @Test func `of one upstream says nothing to another`() throws {
        let table = ClientTable(sets: 1, seed: 1)
        var one = rig(4, table)
        var other = rig(4, table, named: "shop-other-80")
        let atHome = other.pick(key: 7)
        let home = try #require(atHome)
        let moved = one.pick(avoiding: [home], key: 7)
        #expect(moved != nil && moved != home)
        #expect(one.pick(key: 7) == moved && other.pick(key: 7) == home)
    }

    @Test func `is the same on every worker`() {
        var rig = rig(5, ClientTable(sets: 1 << 10, seed: 1))
        let here = picks(&rig)
        rig.state = rig.balancer.makeState(seed: 99)
        #expect(picks(&rig) == here)
    }
}

@Suite struct `Client table` {
    /// What an attacker with a million addresses can take.
    @Test func `holds a million addresses in the memory that it always has`() {
        let table = ClientTable(seed: 1)
        #expect(table.byteCount == 32 << 20)
        let binding = ClientTable.Binding(endpoint: 1, expires: 100)
        for key in 1...1_000_000 as ClosedRange<UInt64> { table.bind(key, binding, at: 1) }
        // Of a million clients whose time is not over, fewer than one in forty had to go.
        #expect(table.forgottenClients < 25_000)
        let known = (1...1000 as ClosedRange<UInt64>).count { table.binding(of: $0, at: 1) == binding }
        #expect(known > 950)
    }

    @Test func `forgets the client whose time would end first`() {
        let table = ClientTable(sets: 1, seed: 1)
        for key in 1...9 as ClosedRange<UInt64> {
            table.bind(key, ClientTable.Binding(endpoint: 1, expires: 100 - UInt32(key)), at: 1)
        }
        #expect(table.forgottenClients == 1)
        #expect(table.binding(of: 8, at: 1) == nil)
        #expect((1...7 as ClosedRange<UInt64>).allSatisfy { table.binding(of: $0, at: 1) != nil })
        #expect(table.binding(of: 9, at: 1) != nil)
    }

    @Test func `needs no room for clients whose time is over`() {
        let table = ClientTable(sets: 1, seed: 1)
        for key in 1...10_000 as ClosedRange<UInt64> {
            let now = UInt32(key) * 10
            table.bind(key, ClientTable.Binding(endpoint: 1, expires: now + 5), at: now)
        }
        #expect(table.forgottenClients == 0)
    }
}
