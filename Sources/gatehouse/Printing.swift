import Foundation

/// What commands print: results to standard output, what there is to say about them to standard error. Nothing is held
/// back, so that lines come in the order of calls wherever the two lead. What nobody reads any more is dropped.
enum Printing {
    static func result(_ text: String, terminator: String = "\n") {
        try? FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
    }

    static func remark(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
}
