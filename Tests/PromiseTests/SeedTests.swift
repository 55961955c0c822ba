import Promises
import TestSupport
import Testing

/// Replays the seeds of the fuzzer, as they are and with bytes changed at random (by a fixed seed, so that every run is the
/// same).
@Suite struct `Seeds of the fuzzer` {
    struct Case: Sendable, CustomTestStringConvertible {
        var promise: Promise
        var seed: Seed
        var testDescription: String { "\(promise.rawValue)/\(seed.name)" }
    }

    static let cases = Promise.allCases.flatMap { promise in
        seeds(in: promise.rawValue).map { Case(promise: promise, seed: $0) }
    }

    /// Long ones are as they are for a reason, and cost more.
    private static func mutations(of seed: Seed) -> Int { seed.bytes.count < 4096 ? 20 : 0 }

    @Test(.timeLimit(.minutes(10)), arguments: cases)
    func `break no promise, changed or not`(given: Case) {
        for bytes in given.seed.variations(Self.mutations(of: given.seed)) {
            let broken = given.promise.broken(by: bytes)
            #expect(broken == nil)
        }
    }

    @Test(arguments: Promise.allCases)
    func `are there for each promise`(promise: Promise) { #expect(seeds(in: promise.rawValue).count > 7) }

    @Test func `have a session and a proof of a password among them`() {
        #expect(seeds(in: Promise.cookies.rawValue).contains { $0.bytes == cookieOfSession })
        #expect(seeds(in: Promise.authorization.rawValue).contains { $0.bytes == proofOfUser })
    }
}
