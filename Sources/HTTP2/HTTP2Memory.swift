import CNghttp2

/// Memory for nghttp2, which asks for a few small pieces with each stream: what it gives back waits for the next stream.
///
/// Pieces come in sizes that double; each has its size class written in front. They are cut from slabs, which are asked for
/// one by one and stay; beyond `slabLimit` of those, and for what is larger than the largest size, the system is asked each
/// time. Belongs to one thread, and outlives the sessions that use it.
struct HTTP2Memory: ~Copyable {
    private let lists: UnsafeMutablePointer<Lists>

    /// Bytes that wait in each size, besides those of slabs.
    static let bytesKept = 512 << 10
    static let slabBytes = 16 << 10
    static let slabLimit = 64

    init() {
        lists = .allocate(capacity: 1)
        lists.initialize(to: Lists())
    }

    deinit {
        lists.pointee.release()
        lists.deallocate()
    }

    /// Pieces that wait.
    var waiting: Int { lists.pointee.waiting }

    /// As nghttp2 takes it; a session copies it.
    var functions: nghttp2_mem {
        nghttp2_mem(
            mem_user_data: lists,
            malloc: { size, lists in Lists.of(lists).pointee.take(size) },
            free: { piece, lists in if let piece { Lists.of(lists).pointee.give(piece) } },
            calloc: { count, size, lists in Lists.of(lists).pointee.takeCleared(count, size) },
            realloc: { piece, size, lists in Lists.of(lists).pointee.resize(piece, size) })
    }
}

extension HTTP2Memory {
    /// Lists of pieces that wait, one for each size.
    struct Lists {
        /// The first piece of each list; its first word leads to the next one.
        private var first = InlineArray<6, UnsafeMutableRawPointer?>(repeating: nil)
        private var counts = InlineArray<6, Int>(repeating: 0)
        /// The newest slab, whose first word leads to the one before it, and what of it was not cut yet.
        private var slab: UnsafeMutableRawPointer?
        private var uncut: Range<Int> = 0..<0
        private var slabs = 0

        /// What stands in front of each piece.
        private struct Prefix {
            /// The size class; for a larger piece its size, which is more than any class.
            var told: Int
            /// The piece was cut from a slab and cannot be given back to the system.
            var isCut: Bool
        }

        /// Bytes in front of each piece, and the alignment of all: fit for anything that C has.
        private static var prefix: Int { 16 }
        private static var smallest: Int { 64 }
        private static var classes: Int { 6 }

        static func of(_ user: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Lists> {
            user.unsafelyUnwrapped.assumingMemoryBound(to: Lists.self)
        }

        var waiting: Int {
            var sum = 0
            for index in 0..<Self.classes { sum += counts[index] }
            return sum
        }

        mutating func take(_ size: Int) -> UnsafeMutableRawPointer? {
            guard size >= 0 else { return nil }
            let sizeClass = Self.sizeClass(size)
            guard sizeClass < Self.classes else { return Self.ask(size, Prefix(told: size, isCut: false)) }
            guard let piece = first[sizeClass] else { return cut(sizeClass) }
            first[sizeClass] = piece.load(as: UnsafeMutableRawPointer?.self)
            counts[sizeClass] -= 1
            return piece
        }

        mutating func give(_ piece: UnsafeMutableRawPointer) {
            let prefix = Self.prefix(of: piece)
            let sizeClass = prefix.told
            guard
                prefix.isCut
                    || sizeClass < Self.classes && counts[sizeClass] < HTTP2Memory.bytesKept / Self.room(sizeClass)
            else { return (piece - Self.prefix).deallocate() }
            piece.storeBytes(of: first[sizeClass], as: UnsafeMutableRawPointer?.self)
            first[sizeClass] = piece
            counts[sizeClass] += 1
        }

        mutating func takeCleared(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? {
            let (bytes, overflows) = count.multipliedReportingOverflow(by: size)
            guard !overflows, let piece = take(bytes) else { return nil }
            piece.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
            return piece
        }

        mutating func resize(_ piece: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
            guard let piece else { return take(size) }
            let told = Self.prefix(of: piece).told
            let room = told < Self.classes ? Self.room(told) : told
            if size <= room { return piece }
            guard let larger = take(size) else { return nil }
            larger.copyMemory(from: piece, byteCount: room)
            give(piece)
            return larger
        }

        /// Gives all that waits back to the system; nothing is under way any more.
        mutating func release() {
            for index in 0..<Self.classes {
                while let piece = first[index] {
                    first[index] = piece.load(as: UnsafeMutableRawPointer?.self)
                    if !Self.prefix(of: piece).isCut { (piece - Self.prefix).deallocate() }
                }
                counts[index] = 0
            }
            while let last = slab {
                slab = last.load(as: UnsafeMutableRawPointer?.self)
                last.deallocate()
            }
            uncut = 0..<0
            slabs = 0
        }

        // MARK: Pieces

        /// The smallest class with room for that many bytes; `classes` when there is none.
        private static func sizeClass(_ size: Int) -> Int {
            let doublings = Int.bitWidth - ((max(size, smallest) - 1) / smallest).leadingZeroBitCount
            return min(doublings, classes)
        }

        /// Bytes that a piece of a class holds.
        private static func room(_ sizeClass: Int) -> Int { smallest &<< sizeClass }

        private static func prefix(of piece: UnsafeMutableRawPointer) -> Prefix {
            (piece - prefix).load(as: Prefix.self)
        }

        /// A new piece, of a slab as long as there is one.
        private mutating func cut(_ sizeClass: Int) -> UnsafeMutableRawPointer? {
            let room = Self.room(sizeClass)
            if uncut.count < Self.prefix + room { addSlab() }
            guard let slab, uncut.count >= Self.prefix + room else {
                return Self.ask(room, Prefix(told: sizeClass, isCut: false))
            }
            let start = slab + uncut.lowerBound
            uncut = uncut.lowerBound + Self.prefix + room..<uncut.upperBound
            start.storeBytes(of: Prefix(told: sizeClass, isCut: true), as: Prefix.self)
            return start + Self.prefix
        }

        private mutating func addSlab() {
            guard slabs < HTTP2Memory.slabLimit else { return }
            let added = UnsafeMutableRawPointer.allocate(byteCount: HTTP2Memory.slabBytes, alignment: Self.prefix)
            added.storeBytes(of: slab, as: UnsafeMutableRawPointer?.self)
            slab = added
            uncut = Self.prefix..<HTTP2Memory.slabBytes
            slabs += 1
        }

        /// A piece that the system has to give.
        private static func ask(_ room: Int, _ prefix: Prefix) -> UnsafeMutableRawPointer? {
            let (total, overflows) = room.addingReportingOverflow(Self.prefix)
            guard !overflows else { return nil }
            let start = UnsafeMutableRawPointer.allocate(byteCount: total, alignment: Self.prefix)
            start.storeBytes(of: prefix, as: Prefix.self)
            return start + Self.prefix
        }
    }
}
