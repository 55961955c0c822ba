import COpenSSL
import Linux
import Synchronization

/// Sessions that clients may resume, kept for all workers together and across reloads, in bounded memory.
///
/// The oldest make room for new ones. Sessions lie here in OpenSSL's external form, so that they belong to no context.
final class SessionCache: Sendable {
    /// A session's identifier: 32 random bytes of ours, or what a client says instead.
    struct Identifier: Hashable {
        private let words: (UInt64, UInt64, UInt64, UInt64)
        private let length: UInt8

        /// Nil for what no identifier of ours can be.
        init?(_ bytes: UnsafeRawBufferPointer) {
            guard (1...32).contains(bytes.count) else { return nil }
            var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
            withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
            self.words = words
            length = UInt8(bytes.count)
        }

        static func == (one: Identifier, other: Identifier) -> Bool {
            one.words == other.words && one.length == other.length
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
        }
    }

    private struct Entry {
        var bytes: [UInt8]
        var expires: Instant
        var number: UInt64
    }

    private struct Shard {
        var entries: [Identifier: Entry] = [:]
        /// In the order of arrival; places before `first` are spent.
        var order: ContiguousArray<(Identifier, number: UInt64)> = []
        var first = 0
        var used = 0
        var nextNumber: UInt64 = 0
    }

    private final class Place: Sendable {
        let shard = Mutex(Shard())
    }

    private let places: [Place]
    private let limit: Atomic<Int>

    /// What an entry takes besides its bytes.
    private static let overhead = 128
    /// Largest session that is kept: one with a client's certificate chain.
    private static let largest = 8 << 10

    /// - Parameter bytes: memory for all sessions together.
    init(bytes: Int, shards: Int = 16) {
        places = (0..<shards).map { _ in Place() }
        limit = Atomic(bytes / shards)
    }

    /// Changes how much memory sessions may take; what is there makes room with the next arrivals.
    func resize(bytes: Int) { limit.store(bytes / places.count, ordering: .relaxed) }

    private func place(of identifier: Identifier) -> Place {
        places[Int(UInt(bitPattern: identifier.hashValue) % UInt(places.count))]
    }

    /// Keeps a session until that time.
    func put(_ identifier: Identifier, _ bytes: consuming [UInt8], until expires: Instant, now: Instant = .now()) {
        let limit = limit.load(ordering: .relaxed)
        guard bytes.count <= min(Self.largest, limit) else { return }
        let bytes = bytes
        place(of: identifier).shard.withLock { shard in
            Self.remove(identifier, from: &shard)
            Self.makeRoom(in: &shard, below: limit - bytes.count - Self.overhead, now)
            shard.used += bytes.count + Self.overhead
            shard.order.append((identifier, shard.nextNumber))
            shard.entries[identifier] = Entry(bytes: bytes, expires: expires, number: shard.nextNumber)
            shard.nextNumber += 1
        }
    }

    /// Calls `body` with a session that is still good.
    ///
    /// - Parameter once: forgets it, so that nobody can use it a second time.
    func take<Result>(
        _ identifier: Identifier, once: Bool, now: Instant = .now(), _ body: ([UInt8]) -> Result
    ) -> Result? {
        place(of: identifier).shard.withLock { shard in
            guard let entry = shard.entries[identifier] else { return nil }
            defer { if once || entry.expires <= now { Self.remove(identifier, from: &shard) } }
            return entry.expires > now ? body(entry.bytes) : nil
        }
    }

    func remove(_ identifier: Identifier) {
        place(of: identifier).shard.withLock { Self.remove(identifier, from: &$0) }
    }

    /// How many sessions there are, and the bytes that they take.
    var usage: (sessions: Int, bytes: Int) {
        var usage = (sessions: 0, bytes: 0)
        for place in places {
            place.shard.withLock { shard in
                usage.sessions += shard.entries.count
                usage.bytes += shard.used
            }
        }
        return usage
    }

    private static func makeRoom(in shard: inout Shard, below room: Int, _ now: Instant) {
        while shard.first < shard.order.count {
            let (identifier, number) = shard.order[shard.first]
            if let entry = shard.entries[identifier], entry.number == number {
                guard shard.used > room || entry.expires <= now else { break }
                remove(identifier, from: &shard)
            }
            shard.first += 1
        }
        if shard.first > 64 && shard.first > shard.order.count / 2 {
            shard.order.removeFirst(shard.first)
            shard.first = 0
        }
    }

    private static func remove(_ identifier: Identifier, from shard: inout Shard) {
        guard var entry = shard.entries.removeValue(forKey: identifier) else { return }
        shard.used -= entry.bytes.count + overhead
        entry.bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}
