import Bytes
import Model
import Testing

@testable import Balancing

@Suite struct `Hash of a text` {
    private func balancer(_ count: Int, subset: Int? = nil) -> (Balancer, BalancerState) {
        let upstream = Upstream(
            id: UpstreamID("shop-web-80"), endpoints: Rig.endpoints(Array(repeating: 1, count: count)),
            loadBalancing: .ewma, hashing: KeyHashing(template: "$uri", subsetSize: subset), origin: .builtIn)
        let balancer = Balancer(
            upstream, endpoints: EndpointRegistry().states(of: upstream, now: 0), clients: ClientTable(sets: 1))
        return (balancer, balancer.makeState(seed: 7))
    }

    private func key(_ text: String) -> UInt64 { ConsistentHash.key(of: Array(text.utf8).span) }

    private func pick(_ rig: inout (Balancer, BalancerState), _ text: String, avoiding tried: [Int] = []) -> Int? {
        var set = TriedEndpoints()
        for index in tried { set.insert(index) }
        return rig.0.pick(avoiding: set, key: key(text), now: 0, state: &rig.1)
    }

    @Test func `goes before the algorithm, and needs a text`() {
        #expect(balancer(3).0.keySource == .text)
        #expect(!balancer(3).0.needsLatency)
    }

    @Test(arguments: [3, 10])
    func `moves the keys of the endpoint that leaves alone`(count: Int) {
        var all = balancer(count)
        var fewer = balancer(count - 1)
        var moved = 0
        for number in 0..<10_000 {
            let before = pick(&all, "/item/\(number)")
            if before == count - 1 { moved += 1 } else { #expect(pick(&fewer, "/item/\(number)") == before) }
        }
        let share = 10_000 / count
        #expect(moved > share * 7 / 10 && moved < share * 13 / 10)
    }

    @Test func `sends every empty text to one endpoint`() {
        var rig = balancer(5)
        #expect(Set((0..<100).map { _ in pick(&rig, "") }).count == 1)
    }

    @Test func `goes to the next of the ring when its own failed`() throws {
        var rig = balancer(4)
        let first = try #require(pick(&rig, "/a"))
        let second = try #require(pick(&rig, "/a", avoiding: [first]))
        #expect(second != first)
        #expect(pick(&rig, "/a", avoiding: [first]) == second)
    }

    @Test(arguments: [(9, 3, 3), (10, 3, 3), (2, 3, 2), (7, 1, 1)])
    func `takes a random member of one group`(endpoints: Int, size: Int, expected: Int) {
        var rig = balancer(endpoints, subset: size)
        var used: Set<Int> = []
        for number in 0..<200 {
            let members = Set((0..<60).compactMap { _ in pick(&rig, "/item/\(number)") })
            #expect(members.count == expected)
            // Groups are neighbours; the last is filled up with the first endpoints.
            let first = members.min() ?? 0
            if members.max() ?? 0 - first < size {
                #expect(members.allSatisfy { $0 / size == first / size || $0 < size })
            }
            used.formUnion(members)
        }
        #expect(used.count == endpoints)
    }

    /// The endpoints that a text may go to: the members of its group, each drawn many times over.
    private func members(_ rig: inout (Balancer, BalancerState), _ text: String) -> Set<Int> {
        Set((0..<120).compactMap { _ in pick(&rig, text) })
    }

    /// The ring is over groups of neighbours: a group that ends leaves its keys to the others, about 1 of so many groups.
    /// Hashes and draws are fixed, and so are the counts.
    @Test(arguments: [(10, 3, 4), (13, 4, 4), (7, 3, 3), (9, 2, 5)])
    func `moves the keys of the group alone that the last endpoint takes along`(
        endpoints: Int, size: Int, groups: Int
    ) {
        var all = balancer(endpoints, subset: size)
        var fewer = balancer(endpoints - 1, subset: size)
        var moved = 0
        for number in 0..<500 {
            let before = members(&all, "/item/\(number)")
            let after = members(&fewer, "/item/\(number)")
            if before.contains(endpoints - 1) { moved += 1 } else { #expect(after == before) }
        }
        let share = 500 / groups
        #expect(moved > share * 6 / 10 && moved < share * 14 / 10, "\(moved) of 500")
    }

    /// While the number of groups stays, no key changes its group: those before the endpoint that leaves keep all their
    /// members, each behind it exchanges one for its neighbour's.
    @Test(arguments: [(9, 3), (12, 4), (6, 2)], 0..<6)
    func `exchanges one member of a key's group, whichever endpoint leaves`(shape: (Int, Int), leaver: Int) {
        let (endpoints, size) = shape
        var all = balancer(endpoints, subset: size)
        var fewer = balancer(endpoints - 1, subset: size)
        for number in 0..<100 {
            let before = members(&all, "/item/\(number)")
            let after = Set(members(&fewer, "/item/\(number)").map { $0 < leaver ? $0 : $0 + 1 })
            let isBefore = (before.min() ?? 0) / size < leaver / size
            #expect(before.count == size && after.count == size)
            #expect(before.subtracting(after).count == (isBefore ? 0 : 1), "\(before) \(after)")
            if before.contains(leaver) { #expect(before.subtracting(after) == [leaver]) }
        }
    }

    @Test func `asks the next group when nobody of its own may be picked`() throws {
        var rig = balancer(6, subset: 2)
        let first = try #require(pick(&rig, "/a"))
        let other = first / 2 * 2 + (1 - first % 2)
        let next = try #require(pick(&rig, "/a", avoiding: [first, other]))
        #expect(next / 2 != first / 2)
        #expect(pick(&rig, "/a", avoiding: [0, 1, 2, 3, 4, 5]) == nil)
    }
}

@Suite struct `EWMA among three` {
    /// The draws are those of a fixed seed, so the counts are always the same.
    @Test func `gives each endpoint what its pairs win`() {
        var rig = Rig(.ewma, endpoints: 2, seed: 3)
        rig.balancer.endpoints[0].record(latency: 0.3, now: second)
        rig.balancer.endpoints[1].record(latency: 0.1, now: second)
        #expect(rig.counts(1000, now: second) == [0, 1000])
        // A second as slow as the first was, an age later: the roles are exchanged.
        rig.balancer.endpoints[1].record(latency: 5, now: 61 * second)
        #expect(rig.counts(1000, now: 61 * second) == [1000, 0])
    }
}
