import HTTP

/// A chunked body gives the same data and the same verdict however it arrives.
func brokenChunkedBody(_ bytes: [UInt8]) -> String? {
    let whole = decode([bytes])
    let middle = cut(of: bytes)
    let inTwo = decode([Array(bytes[..<middle]), Array(bytes[middle...])])
    if whole.ending != inTwo.ending { return "whole: \(whole.ending), cut in two: \(inTwo.ending)" }
    if whole.data != inTwo.data { return "the data depends on how the body is cut" }
    return nil
}

private func decode(_ pieces: [[UInt8]]) -> (data: [UInt8], ending: String) {
    var decoder = ChunkedDecoder()
    var trailers = HeaderBlock()
    var data: [UInt8] = []
    var pending: [UInt8] = []
    for piece in pieces {
        pending += piece
        while true {
            let step: ChunkedDecoder.Step
            do {
                step = try decoder.next(pending.span, trailers: &trailers)
            } catch {
                return (data, "\(error.reason)")
            }
            switch step {
            case .needMore(let consumed):
                pending.removeFirst(consumed)
            case .data(let skip, let count):
                data += pending[skip..<(skip + count)]
                pending.removeFirst(skip + count)
                continue
            case .end:
                return (data, "complete")
            }
            break
        }
    }
    return (data, "unfinished")
}
