import HTTP
import Testing

@Suite struct `Hostile and odd messages` {
    @Test(arguments: requestSyntaxCorpus + requestFramingCorpus + requestTargetCorpus)
    func `a request has one verdict however it is cut`(message: CorpusCase) {
        let bytes = bytes(message.text)
        let whole = requestVerdict(bytes)
        message.check(whole)
        for cuts in everyCut(of: bytes.count) {
            #expect(requestVerdict(bytes, cutAt: cuts) == whole, "cut at \(cuts.first ?? 0)")
        }
    }

    @Test(arguments: responseCorpus)
    func `a response has one verdict however it is cut`(message: CorpusCase) {
        let bytes = bytes(message.text)
        let whole = responseVerdict(bytes)
        message.check(whole)
        for cuts in everyCut(of: bytes.count) {
            #expect(responseVerdict(bytes, cutAt: cuts) == whole, "cut at \(cuts.first ?? 0)")
        }
    }

    @Test(arguments: chunkedCorpus)
    func `a chunked body has one verdict however it is cut`(message: CorpusCase) {
        let bytes = bytes(message.text)
        let whole = chunkedVerdict(bytes)
        message.check(whole)
        for cuts in everyCut(of: bytes.count) {
            let verdict = chunkedVerdict(bytes, cutAt: cuts)
            #expect(verdict.withoutOffset == whole.withoutOffset, "cut at \(cuts.first ?? 0)")
        }
    }
}

extension Verdict {
    /// What counts when consumed bytes leave the buffer: offsets there count from what is left, and how many
    /// bytes lie behind the end depends on how many have arrived.
    fileprivate var withoutOffset: String {
        switch self {
        case .accepted(let summary): String(summary.prefix { $0 != "+" }).trimmingSuffix(" ")
        case .refused(let error): error.reason.description
        case .unfinished: "unfinished"
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: Character) -> String { last == suffix ? String(dropLast()) : self }
}
