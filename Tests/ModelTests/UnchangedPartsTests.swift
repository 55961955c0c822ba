import Model
import Testing

@Suite struct `Unchanged parts` {
    private let former = ["b", "d", "f", "h"].map { Sample.host($0) }

    private func places(_ hosts: [VirtualHost]) -> [Int?] {
        let unchanged = UnchangedParts(of: hosts, since: former)
        return hosts.indices.map { unchanged.formerPlace(of: $0) }
    }

    @Test func `are all of a list that is the same`() {
        #expect(places(former) == [0, 1, 2, 3])
        #expect(places([]) == [])
        #expect(UnchangedParts(of: former, since: []).formerPlace(of: 0) == nil)
    }

    @Test(
        arguments: [
            ("at the front", ["a"], [nil, 0, 1, 2, 3]),
            ("in the middle", ["c", "e"], [0, nil, 1, nil, 2, 3]),
            ("at the end", ["i", "j"], [0, 1, 2, 3, nil, nil]),
        ] as [(String, [String], [Int?])])
    func `keep their former place beside added ones`(at: String, added: [String], expected: [Int?]) {
        #expect(places((former + added.map { Sample.host($0) }).sorted { $0.name < $1.name }) == expected)
    }

    @Test(arguments: 0..<16) func `keep their former place when others go`(kept: Int) {
        let numbers = former.indices.filter { kept & 1 << $0 != 0 }
        #expect(places(numbers.map { former[$0] }) == numbers)
    }

    @Test func `are not those that changed, nor others of that name`() {
        var hosts = former
        hosts[1].routes = []
        hosts[2] = Sample.host("f")
        #expect(hosts[2] == former[2])
        #expect(places(hosts) == [0, nil, nil, 3])
    }
}

@Suite struct `Virtual host` {
    @Test func `is a value: changing a copy changes nothing else`() {
        let host = Sample.host("a.example.com")
        var copy = host
        #expect(copy.isCopy(of: host))
        copy.routes[0].policy.bodyLimits.requestBytes = 1
        copy.origin.line = 9
        #expect(!copy.isCopy(of: host))
        #expect(copy != host)
        #expect(host == Sample.host("a.example.com"))
    }
}
