import Bytes
import Filters
import HTTP
import Linux

/// The content of a spool with texts replaced: what the client's side of the exchange reads instead of it.
///
/// Of texts that overlap the one that begins first is replaced, and of those that begin at one place the longest. What may
/// still become a text waits for the bytes that decide it, never more than the longest text; everything else goes on at
/// once.
final class SubstitutedBody: BodySource {
    /// A text that was found, as positions in `window`.
    private struct Found {
        var start: Int
        var end: Int
        var number: Int
    }

    var input = ByteBuffer()

    private let filter: SubstitutionFilter
    private let spool: BodySpool
    /// What takes the place of each text, one behind the other.
    private var replacements = ByteBuffer()
    private var ranges: [Range<Int>] = []
    /// Texts that are not looked for any more.
    private var isUsed: [Bool]

    /// Bytes that came and have not gone on. The first `scanned` of them have been looked at.
    private var window = ByteBuffer()
    private var scanned = 0
    private var state: TextAutomaton.State
    private var found: Found?
    // What goes on next: bytes of the window, then a replacement; then bytes of the window are dropped.
    private var literal = 0
    private var replacing = 0..<0
    private var dropping = 0
    private var spoolHasEnded = false

    /// The longest replacements of one response, together.
    private static let replacementLimit = 64 << 10

    init(_ filter: SubstitutionFilter, _ spool: BodySpool) {
        self.filter = filter
        self.spool = spool
        state = filter.automaton.start
        isUsed = [Bool](repeating: false, count: filter.lengths.count)
    }

    /// Bytes of memory that it holds, besides buffers of the pool.
    var memoryBytes: Int { replacements.capacity }

    /// Puts the replacements together for one request.
    ///
    /// - Returns: false when they are too long; the content stays as it is then.
    func prepare(
        _ head: borrowing RequestHead, _ context: RequestContext, _ variables: RequestVariables?,
        aside: inout ByteBuffer
    ) -> Bool {
        for number in filter.lengths.indices {
            aside.clear()
            guard filter.append(number, for: head, context, variables, to: &aside),
                replacements.count + aside.count <= Self.replacementLimit
            else { return false }
            let start = replacements.count
            if replacements.room < aside.count {
                replacements.grow(to: max(2 * replacements.capacity, start + aside.count))
            }
            replacements.append(contentsOf: aside)
            ranges.append(start..<replacements.count)
        }
        aside.clear()
        return true
    }

    /// Gives all memory back.
    func release(_ pool: inout BufferPool) {
        pool.takeBack(&input)
        pool.takeBack(&window)
        replacements.release()
    }

    // MARK: Source

    var canSplice: Bool { false }

    func receive(_ pool: inout BufferPool) -> Transport.Reception {
        pool.lend(to: &input)
        pool.lend(to: &window)
        input.compact()
        let before = input.count
        while input.room > 0 {
            guard pass() else { break }
            if scan() { continue }
            if spoolHasEnded { return input.count > before ? .bytes : .end }
            if !spool.input.isEmpty {
                window.compact()
                let count = min(window.room, spool.input.count)
                window.append(first: count, of: spool.input)
                spool.input.consume(count)
                continue
            }
            switch spool.receive(&pool) {
            case .bytes: continue
            case .nothing: return input.count > before ? .bytes : .nothing
            case .end: spoolHasEnded = true
            case .full: return .full
            case .failed(let error): return .failed(error)
            }
        }
        return input.count > before ? .bytes : .full
    }

    func splice(into pipe: inout Pipe, limit: Int) -> IOResult { .wouldBlock }

    func takeTrailers(into trailers: inout HeaderBlock) { spool.takeTrailers(into: &trailers) }

    // MARK: Passing on

    /// Passes on what is decided.
    ///
    /// - Returns: false when there is no room for the rest of it.
    private func pass() -> Bool {
        if literal > 0 {
            let count = min(literal, input.room)
            input.append(first: count, of: window)
            window.consume(count)
            literal -= count
            if literal > 0 { return false }
        }
        if !replacing.isEmpty {
            let count = min(replacing.count, input.room)
            let start = replacing.lowerBound
            input.append(replacements.readable.extracting(start..<start + count))
            replacing = start + count..<replacing.upperBound
            if !replacing.isEmpty { return false }
        }
        if dropping > 0 {
            window.consume(dropping)
            dropping = 0
        }
        return true
    }

    // MARK: Looking

    /// Looks at bytes until something is decided.
    ///
    /// - Returns: false when nothing is, before more bytes come.
    private func scan() -> Bool {
        let automaton = filter.automaton
        while scanned < window.count {
            state = automaton.step(state, window.readable[scanned])
            scanned += 1
            if automaton.ends(state) { note(automaton.ending(state, leavingOut: isUsed)) }
            if let found, scanned - automaton.depth(state) > found.start || automaton.isLeaf(state) {
                replace(found)
                return true
            }
        }
        if spoolHasEnded {
            if let found {
                replace(found)
                return true
            }
            return goOn(window.count)
        }
        return goOn(min(found?.start ?? .max, scanned - automaton.depth(state)))
    }

    /// Takes note of a text that ends at the byte that was looked at last.
    private func note(_ number: Int?) {
        guard let number else { return }
        let start = scanned - filter.lengths[number]
        // What begins later gives way; what begins at the same place and ends here is longer.
        if let found, found.start < start { return }
        found = Found(start: start, end: scanned, number: number)
    }

    /// Decides that a text is replaced; what stands behind it is looked at anew.
    private func replace(_ text: Found) {
        if filter.onlyFirst { isUsed[text.number] = true }
        literal = text.start
        replacing = ranges[text.number]
        dropping = text.end - text.start
        found = nil
        scanned = 0
        state = filter.automaton.start
    }

    /// Decides that the first bytes of the window stay as they are.
    private func goOn(_ count: Int) -> Bool {
        guard count > 0 else { return false }
        literal = count
        scanned -= count
        if let found { self.found = Found(start: found.start - count, end: found.end - count, number: found.number) }
        return true
    }
}
