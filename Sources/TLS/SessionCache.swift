import COpenSSL
import Linux
import Synchronization

/// Sessions that clients may resume, kept for all workers together and across reloads, in bounded memory.
///
/// The oldest make room for new ones, a page at a time. Sessions lie here in OpenSSL's external form, so that they belong to
/// no context, one behind the other: a connection that stays costs little more than its session's bytes.
final class SessionCache: Sendable {
    /// What a session is found by: half of the 32 random bytes that OpenSSL names it with, which is plenty.
    struct Identifier: Hashable {
        fileprivate let words: (UInt64, UInt64)

        /// Nil for what no identifier of ours can be.
        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 32 else { return nil }
            words = (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }

        fileprivate init(_ words: (UInt64, UInt64)) { self.words = words }

        static func == (one: Identifier, other: Identifier) -> Bool { one.words == other.words }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
            hasher.combine(words.1)
        }
    }

    private final class Place: Sendable {
        let shard = Mutex(SessionShard())
    }

    private let places: [Place]
    private let limit: Atomic<Int>

    /// Largest session that is kept: one with a client's certificate chain.
    static let largest = 8 << 10

    /// - Parameter bytes: memory for all sessions together.
    init(bytes: Int, shards: Int = 16) {
        places = (0..<shards).map { _ in Place() }
        limit = Atomic(bytes / shards)
    }

    /// Changes how much memory sessions may take; what is there makes room with the next arrivals.
    func resize(bytes: Int) { limit.store(bytes / places.count, ordering: .relaxed) }

    private func place(of identifier: Identifier) -> Place {
        places[Int(truncatingIfNeeded: identifier.words.1 % UInt64(places.count))]
    }

    /// Keeps a session until that time.
    func put(_ identifier: Identifier, _ session: UnsafeRawBufferPointer, until expires: Instant, now: Instant = .now())
    {
        let limit = limit.load(ordering: .relaxed)
        guard !session.isEmpty, session.count <= Self.largest else { return }
        let session = LentBytes(bytes: session)
        place(of: identifier).shard.withLock { shard in
            shard.remove(identifier)
            shard.append(identifier, session, until: expires, below: limit, now: now)
        }
    }

    /// Calls `body` with a session that is still good.
    ///
    /// - Parameter once: forgets it, so that nobody can use it a second time.
    func take<Result>(
        _ identifier: Identifier, once: Bool, now: Instant = .now(), _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        place(of: identifier).shard.withLock { shard in
            guard let found = shard.session(identifier) else { return nil }
            defer { if once || found.expires <= now { shard.remove(identifier) } }
            return found.expires > now ? body(found.session.bytes) : nil
        }
    }

    func remove(_ identifier: Identifier) { place(of: identifier).shard.withLock { $0.remove(identifier) } }

    /// How many sessions there are, and the bytes that they take.
    var usage: (sessions: Int, bytes: Int) {
        var usage = (sessions: 0, bytes: 0)
        for place in places {
            place.shard.withLock { shard in
                usage.sessions += shard.count
                usage.bytes += shard.used
            }
        }
        return usage
    }
}

/// Bytes of somebody else's, which are only looked at while a lock is held.
private struct LentBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
}

/// Sessions in the order of their arrival, on pages that are dropped whole.
private struct SessionShard: ~Copyable {
    /// What stands in front of each session's bytes.
    private struct Header {
        var words: (UInt64, UInt64)
        var expires: Instant
        var length: Int

        var identifier: SessionCache.Identifier { SessionCache.Identifier(words) }
    }

    private struct Spot: Equatable {
        var page: UInt32
        var offset: UInt32
    }

    private struct Page {
        let space: UnsafeMutableRawBufferPointer
        var used = 0
        /// When the last of its sessions ends.
        var ends: Instant
    }

    /// The oldest first. Those before `first` are gone.
    private var pages: [Page] = []
    private var first = 0
    /// The number of the page at the front of `pages`.
    private var numberOfFront: UInt32 = 0
    private var spots: [SessionCache.Identifier: Spot] = [:]
    /// Bytes of all pages.
    private var pageBytes = 0

    /// Bytes of a page, unless all pages together may hardly have more.
    private static let usualPage = 32 << 10
    /// What a session takes in `spots`, about.
    private static let spotBytes = 48

    deinit { for page in pages[first...] { Self.free(page) } }

    var count: Int { spots.count }

    /// Bytes of memory.
    var used: Int { pageBytes + spots.count * Self.spotBytes }

    func session(_ identifier: SessionCache.Identifier) -> (session: LentBytes, expires: Instant)? {
        guard let spot = spots[identifier] else { return nil }
        let (header, bytes) = content(at: spot)
        return (LentBytes(bytes: UnsafeRawBufferPointer(bytes)), header.expires)
    }

    /// The bytes are overwritten; their room is free when the page is.
    mutating func remove(_ identifier: SessionCache.Identifier) {
        guard let spot = spots.removeValue(forKey: identifier) else { return }
        let bytes = content(at: spot).bytes
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    }

    /// Keeps a session, for which the oldest pages go until it fits below `limit`, as do those whose sessions have all
    /// ended. Nothing is kept that would not fit alone.
    mutating func append(
        _ identifier: SessionCache.Identifier, _ session: LentBytes, until expires: Instant,
        below limit: Int, now: Instant
    ) {
        let size = Self.size(of: session.bytes.count)
        guard size + Self.spotBytes <= limit else { return }
        let newPage = max(size, min(Self.usualPage, limit / 4))
        while first < pages.count {
            let needed = Self.spotBytes + (hasRoom(for: size) ? 0 : newPage)
            guard pages[first].ends <= now || used + needed > limit else { break }
            dropOldest()
        }
        if !hasRoom(for: size) {
            let space = UnsafeMutableRawBufferPointer.allocate(byteCount: newPage, alignment: 8)
            pages.append(Page(space: space, ends: expires))
            pageBytes += newPage
        }
        put(identifier, session.bytes, until: expires, size)
    }

    /// Whether the newest page has room for that many bytes.
    private func hasRoom(for size: Int) -> Bool {
        first < pages.count && pages[pages.count - 1].used + size <= pages[pages.count - 1].space.count
    }

    private mutating func put(
        _ identifier: SessionCache.Identifier, _ session: UnsafeRawBufferPointer, until expires: Instant, _ size: Int
    ) {
        let index = pages.count - 1
        let offset = pages[index].used
        let space = pages[index].space
        let header = Header(words: identifier.words, expires: expires, length: session.count)
        space.storeBytes(of: header, toByteOffset: offset, as: Header.self)
        UnsafeMutableRawBufferPointer(rebasing: space[(offset + MemoryLayout<Header>.size)...]).copyMemory(
            from: session)
        pages[index].used += size
        pages[index].ends = max(pages[index].ends, expires)
        spots[identifier] = Spot(page: numberOfFront &+ UInt32(index), offset: UInt32(offset))
    }

    private mutating func dropOldest() {
        let page = pages[first]
        let number = numberOfFront &+ UInt32(first)
        var offset = 0
        while offset < page.used {
            let header = page.space.load(fromByteOffset: offset, as: Header.self)
            if spots[header.identifier] == Spot(page: number, offset: UInt32(offset)) { spots[header.identifier] = nil }
            offset += Self.size(of: header.length)
        }
        pageBytes -= page.space.count
        Self.free(page)
        first += 1
        if first > 64 && first > pages.count / 2 {
            pages.removeFirst(first)
            numberOfFront &+= UInt32(first)
            first = 0
        }
    }

    private func content(at spot: Spot) -> (header: Header, bytes: UnsafeMutableRawBufferPointer) {
        let space = pages[Int(spot.page &- numberOfFront)].space
        let header = space.load(fromByteOffset: Int(spot.offset), as: Header.self)
        let start = Int(spot.offset) + MemoryLayout<Header>.size
        return (header, UnsafeMutableRawBufferPointer(rebasing: space[start..<(start + header.length)]))
    }

    private static func size(of length: Int) -> Int { (MemoryLayout<Header>.size + length + 7) & ~7 }

    private static func free(_ page: Page) {
        OPENSSL_cleanse(page.space.baseAddress, page.used)
        page.space.deallocate()
    }
}
