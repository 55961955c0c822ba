import Glibc
import Wire

/// The requests of a run, encoded once and drawn at random, the same sequence in every run.
struct RequestSet {
    private let encoded: [[UInt8]]
    private var seed: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// - Parameters:
    ///   - path: a file with a `method host target` a line, and field lines behind it, each after a tab.
    ///   - bodyBytes: the body that each request carries.
    init(path: String, bodyBytes: Int) {
        let body = [UInt8](repeating: UInt8(ascii: "u"), count: bodyBytes)
        encoded = Self.lines(of: path).map { line in
            let parts = line.split(separator: "\t")
            let words = parts[0].split(separator: " ")
            guard words.count == 3 else { fail("\(path): expected method, host and target: \(line)") }
            let length = bodyBytes > 0 ? ["Content-Length: \(bodyBytes)"] : []
            let fields = ["Host: \(words[1])"] + length + parts.dropFirst().map(String.init)
            let head = "\(words[0]) \(words[2]) HTTP/1.1\r\n\(fields.joined(separator: "\r\n"))\r\n\r\n"
            return [UInt8](head.utf8) + body
        }
        guard !encoded.isEmpty else { fail("\(path): no requests") }
    }

    subscript(index: Int) -> [UInt8] { encoded[index] }

    /// The index of the next request (xorshift64).
    mutating func draw() -> Int {
        seed ^= seed << 13
        seed ^= seed >> 7
        seed ^= seed << 17
        return Int(seed % UInt64(encoded.count))
    }

    private static func lines(of path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { fail("can't read \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
