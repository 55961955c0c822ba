import Balancing
import Model
import Testing

@Suite struct `Ejection` {
    private let policy = EjectionPolicy(failures: 3, time: .seconds(10))
    private let state = EndpointState(Endpoint(address: "10.0.0.1", port: 80))

    @Test func `comes with the last of the consecutive failures`() {
        #expect(!state.failed(now: 5, policy: policy))
        #expect(!state.failed(now: 5, policy: policy))
        #expect(!state.isEjected(at: 5))
        #expect(state.failed(now: 5, policy: policy))
        #expect(state.isEjected(at: 5))
        #expect(state.isEjected(at: 10 * second + 4))
        #expect(!state.isEjected(at: 10 * second + 5))
    }

    @Test func `does not come when a success stands between failures`() {
        for _ in 0..<10 {
            #expect(!state.failed(now: 0, policy: policy))
            #expect(!state.failed(now: 0, policy: policy))
            state.succeeded()
            #expect(state.consecutiveFailures == 0)
        }
    }

    @Test func `lasts longer each time, up to ten times the first`() {
        var now: UInt64 = 0
        for _ in 0..<2 { _ = state.failed(now: now, policy: policy) }
        for factor in [1, 2, 4, 8, 10, 10] as [UInt64] {
            #expect(state.failed(now: now, policy: policy))
            #expect(state.isEjected(at: now + factor * 10 * second - 1))
            now += factor * 10 * second
            #expect(!state.isEjected(at: now))
        }
    }

    @Test func `is not extended by failures that arrive late`() {
        for _ in 0..<3 { _ = state.failed(now: 0, policy: policy) }
        #expect(!state.failed(now: 9 * second, policy: policy))
        #expect(!state.isEjected(at: 10 * second))
    }

    @Test func `ends with a success`() {
        for _ in 0..<3 { _ = state.failed(now: 0, policy: policy) }
        state.succeeded()
        #expect(!state.isEjected(at: 1))
        for _ in 0..<2 { #expect(!state.failed(now: 1, policy: policy)) }
        #expect(state.failed(now: 1, policy: policy))
        #expect(!state.isEjected(at: 10 * second + 1), "the first ejection again, not the second")
    }

    @Test func `is off when the setting is zero`() {
        var settings = UpstreamSettings()
        settings.failuresBeforeEjection = 0
        for _ in 0..<100 { #expect(!state.failed(now: 0, policy: EjectionPolicy(settings))) }
    }

    @Test func `comes once, however many workers see the failures`() async {
        let (state, policy) = (state, policy)
        let ejections = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1000).count { _ in state.failed(now: 0, policy: policy) } }
            }
            return await group.reduce(0, +)
        }
        #expect(ejections == 1)
        #expect(state.consecutiveFailures == 8000)
        #expect(!state.isEjected(at: 10 * second), "it was lengthened")
    }
}
