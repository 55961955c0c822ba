import Model
import Synchronization
import TLS

/// Where fetched OCSP responses stand, by certificate: the fetcher writes them, workers read them at handshakes.
///
/// Holds only what somebody uses: a place is gone when neither a certificate nor the fetcher has it any more.
final class StapleBook: Sendable {
    /// Stands for the chain of a certificate.
    typealias Key = [UInt8]

    private struct Slot {
        weak var place: StaplePlace?
    }

    private let slots = Mutex<[Key: Slot]>([:])

    static func key(of chain: SealedBytes) -> Key { ResumptionScope.digest([chain.bytes]) }

    /// The place of a certificate, the same for everybody.
    func place(for key: Key) -> StaplePlace {
        slots.withLock { slots in
            if let place = slots[key]?.place { return place }
            let place = StaplePlace()
            slots[key] = Slot(place: place)
            return place
        }
    }

    /// Forgets places that nobody has any more.
    func tidy() { slots.withLock { slots in slots = slots.filter { $0.value.place != nil } } }
}
