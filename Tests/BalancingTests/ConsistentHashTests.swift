import Balancing
import Model
import Testing

@Suite struct `Consistent hash` {
    private static let keys = (0..<20_000).map { SplitMix64.mix(UInt64($0)) }

    private func owners(_ endpoints: [Endpoint]) -> [Endpoint] {
        let ring = ConsistentHash(endpoints)
        return Self.keys.map { endpoints[ring[ring.place(of: $0)]] }
    }

    @Test(arguments: [2, 3, 10, 50])
    func `moves only the keys of the endpoint that leaves`(count: Int) {
        let all = Rig.endpoints(Array(repeating: 1, count: count))
        var fewer = all
        let gone = fewer.remove(at: count / 2)
        var moved = 0
        for (before, after) in zip(owners(all), owners(fewer)) {
            if before == gone { moved += 1 } else { #expect(before == after) }
        }
        let share = Self.keys.count / count
        #expect(moved > share * 7 / 10 && moved < share * 13 / 10)
    }

    @Test func `does not depend on the order of endpoints`() {
        let all = Rig.endpoints(Array(repeating: 1, count: 7))
        #expect(owners(all) == owners(all.reversed()))
    }

    @Test func `gives a heavier endpoint more keys`() {
        let owners = owners(Rig.endpoints([3, 1]))
        let heavy = owners.count { $0.address == "10.0.0.1" }
        #expect(abs(heavy - Self.keys.count * 3 / 4) < Self.keys.count / 20)
    }

    @Test(arguments: [UInt64.min, UInt64.max])
    func `has a place for every key`(key: UInt64) {
        let ring = ConsistentHash(Rig.endpoints([1, 1]))
        #expect((0...1).contains(ring[ring.place(of: key)]))
    }
}

@Suite struct `Address hash` {
    @Test(arguments: [
        (LoadBalancing.addressHash, Affinity?.none), (.roundRobin, .clientAddress(timeout: .seconds(10_800))),
    ])
    func `keeps a client on its endpoint, on every worker`(algorithm: LoadBalancing, affinity: Affinity?) {
        var one = Rig(algorithm, endpoints: 5, affinity: affinity, seed: 1)
        var other = Rig(algorithm, endpoints: 5, affinity: affinity, seed: 2)
        #expect(one.balancer.keySource == .clientAddress)
        var seen: Set<Int?> = []
        for client in 0..<100 as Range<UInt64> {
            let key = SplitMix64.mix(client)
            let endpoint = one.pick(key: key)
            seen.insert(endpoint)
            #expect(one.pick(key: key, now: 86_400 * second) == endpoint)
            #expect(other.pick(key: key) == endpoint)
        }
        #expect(seen == [0, 1, 2, 3, 4])
    }

    @Test func `moves only the clients of an ejected endpoint`() {
        var rig = Rig(.addressHash, endpoints: 4)
        let keys = (0..<1000).map { SplitMix64.mix($0) }
        let before = keys.map { rig.pick(key: $0) }
        rig.eject(2)
        for (key, owner) in zip(keys, before) {
            let now = rig.pick(key: key)
            #expect(owner == 2 ? now != 2 : now == owner)
        }
    }

    @Test(arguments: [LoadBalancing.roundRobin, .leastConnections, .ewma])
    func `alone needs a key`(algorithm: LoadBalancing) {
        #expect(Rig(algorithm, endpoints: 2).balancer.keySource == .none)
    }
}

@Suite struct `Address key` {
    private let network: UInt64 = 0x2001_0DB8_0000_0007

    @Test func `of IPv6 is that of its 64-bit prefix`() {
        #expect(AddressKey.key(high: network, low: 1) == AddressKey.key(high: network, low: .max))
        #expect(AddressKey.key(high: network, low: 1) != AddressKey.key(high: network + 1, low: 1))
    }

    @Test func `of IPv4 is that of the whole address`() {
        let one = AddressKey.key(high: 0, low: 0xFFFF_C000_0201)
        #expect(one == AddressKey.key(high: 0, low: 0xFFFF_C000_0201))
        #expect(one != AddressKey.key(high: 0, low: 0xFFFF_C000_0202))
    }
}
