import Linux
import Synchronization
import Testing

@testable import ControlPlane

/// Answers that a test sets, by name; others fail.
final class Records: Sendable {
    private let records = Mutex<[String: [String]]>([:])

    subscript(name: String) -> [String]? {
        get { records.withLock { $0[name] } }
        set { records.withLock { $0[name] = newValue } }
    }

    func answer(_ name: String) -> Result<[IPAddress], NameLookup.Failure> {
        guard let addresses = self[name] else { return .failure(NameLookup.Failure("no such name")) }
        return .success(addresses.compactMap { IPAddress($0) })
    }
}

@Suite(.timeLimit(.minutes(10))) struct `DNS resolver` {
    private let records = Records()
    private let resolver: DNSResolver

    init() {
        let records = records
        resolver = DNSResolver(refreshSeconds: 3600) { records.answer($0) }
    }

    @Test func `answers wanted names with sorted addresses`() async {
        records["a.example"] = ["10.0.0.2", "10.0.0.1"]
        resolver.want(["a.example", "missing.example"])
        await resolver.settled()
        #expect(resolver.answers == ["a.example": ["10.0.0.1", "10.0.0.2"]])
        #expect(resolver.failures == ["missing.example": "no such name"])
    }

    @Test func `keeps the last good answer when a refresh fails`() async {
        records["a.example"] = ["10.0.0.1"]
        resolver.want(["a.example"])
        await resolver.settled()
        records["a.example"] = nil
        resolver.refresh()
        await resolver.settled()
        #expect(resolver.answers == ["a.example": ["10.0.0.1"]])
        #expect(resolver.failures.count == 1)
    }

    @Test func `tells of changed answers only`() async {
        let count = Counter()
        resolver.notify { count.add() }
        records["a.example"] = ["10.0.0.1", "10.0.0.2"]
        resolver.want(["a.example"])
        await resolver.settled()
        records["a.example"] = ["10.0.0.2", "10.0.0.1"]
        resolver.refresh()
        await resolver.settled()
        #expect(count.value == 1)
        records["a.example"] = ["10.0.0.3"]
        resolver.refresh()
        await resolver.settled()
        #expect(count.value == 2)
    }

    @Test func `forgets names that nobody wants`() async {
        records["a.example"] = ["10.0.0.1"]
        resolver.want(["a.example"])
        await resolver.settled()
        resolver.want([])
        #expect(resolver.answers.isEmpty)
    }

    @Test func `looks up more names than it has threads`() async {
        let names = Set((0..<100).map { "n\($0).example" })
        for name in names { records[name] = ["10.0.0.1"] }
        resolver.want(names)
        await resolver.settled()
        #expect(Set(resolver.answers.keys) == names)
    }

    @Test func `finds this machine by the system's resolver`() throws {
        #expect(try NameLookup.addresses(of: "localhost").allSatisfy(\.isLoopback))
    }
}

final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    func add() { count.wrappingAdd(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}
