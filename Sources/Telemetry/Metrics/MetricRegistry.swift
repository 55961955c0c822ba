internal import Synchronization

/// Gives label sets their numbers, so that the request path never sees a label. Asked by the
/// compiler of snapshots, never by a worker.
///
/// A label set keeps its number for as long as it is configured, so its counters survive reloads.
/// Numbers of those that went are reused under another tag; nothing is ever counted for the wrong one.
public final class MetricRegistry: Sendable {
    /// Label sets at most; requests of further ones are counted as `SeriesID.unmatched`.
    public let limit: Int

    private struct Place {
        var tag: UInt32
        var labels: MetricLabels?
    }

    private struct State {
        var places: [Place] = []
        var free: [UInt32] = []
        var live: [MetricLabels: SeriesID] = [:]
    }

    private let state: Mutex<State>

    public init(limit: Int = 50_000) {
        self.limit = limit
        var first = State()
        let unmatched = MetricLabels(namespace: "", ingress: "", service: "", host: "_")
        first.places.append(Place(tag: 0, labels: unmatched))
        first.live[unmatched] = .unmatched
        state = Mutex(first)
    }

    /// The number of a label set, a new one if need be.
    public func series(_ labels: MetricLabels) -> SeriesID {
        state.withLock { state in
            if let known = state.live[labels] { return known }
            guard state.live.count < limit else { return .unmatched }
            let index = state.free.popLast() ?? UInt32(state.places.count)
            if index == state.places.count { state.places.append(Place(tag: 0, labels: nil)) }
            state.places[Int(index)].labels = labels
            let id = SeriesID(index: index, tag: state.places[Int(index)].tag)
            state.live[labels] = id
            return id
        }
    }

    /// Drops every label set that is not among these; call once a configuration is live.
    public func keep(only used: [SeriesID]) {
        state.withLock { state in
            var isUsed = [Bool](repeating: false, count: state.places.count)
            isUsed[Int(SeriesID.unmatched.index)] = true
            for id in used { isUsed[Int(id.index)] = true }
            for index in isUsed.indices where !isUsed[index] {
                guard let labels = state.places[index].labels.take() else { continue }
                state.live[labels] = nil
                state.places[index].tag &+= 1
                state.free.append(UInt32(index))
            }
        }
    }

    /// How many label sets are configured, the one for unmatched requests included.
    public var count: Int { state.withLock { $0.live.count } }

    /// Every label set with its number, in the order of numbers.
    func liveSeries() -> [(id: SeriesID, labels: MetricLabels)] {
        state.withLock { state in
            state.places.enumerated().compactMap { index, place in
                place.labels.map { (SeriesID(index: UInt32(index), tag: place.tag), $0) }
            }
        }
    }
}
