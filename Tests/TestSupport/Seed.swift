import Foundation

/// Hostile or ordinary bytes that the fuzzer begins with; tests replay them.
public struct Seed: CustomStringConvertible, Sendable {
    public var name: String
    public var bytes: [UInt8]

    public var description: String { name }

    /// The seed itself and `count` mutations of it.
    public func variations(_ count: Int) -> [[UInt8]] {
        var random = SplitMix(state: bytes.reduce(0) { $0 &* 31 &+ UInt64($1) })
        return [bytes] + (0..<count).map { _ in mutated(&random) }
    }

    /// Some places to cut a message at.
    public func cuts(of message: [UInt8]) -> [Int] {
        var random = SplitMix(state: UInt64(message.count))
        return (0..<3).map { _ in Int(random.next() % UInt64(max(message.count, 1))) }
    }

    private func mutated(_ random: inout SplitMix) -> [UInt8] {
        let interesting = Array("\r\n\t :;,/.%?#\\\"\0\u{7F}_-=0aA1".utf8) + [0x80, 0xFF]
        var message = bytes
        for _ in 0...random.next() % 3 where !message.isEmpty {
            let place = Int(random.next() % UInt64(message.count))
            let byte = interesting[Int(random.next() % UInt64(interesting.count))]
            switch random.next() % 4 {
            case 0: message[place] = byte
            case 1: message.insert(byte, at: place)
            case 2: message.remove(at: place)
            default: message.insert(contentsOf: message[place...].prefix(8), at: place)
            }
        }
        return message
    }
}

/// The files of a folder of `Fuzz/`.
public func seeds(in folder: String, file: StaticString = #filePath) -> [Seed] {
    let root = URL(fileURLWithPath: file.description).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let directory = root.appendingPathComponent("Fuzz").appendingPathComponent(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    precondition(!names.isEmpty, "no seeds in \(directory.path)")
    return names.sorted().map { name in
        let data = try? Data(contentsOf: directory.appendingPathComponent(name))
        return Seed(name: name, bytes: data.map { [UInt8]($0) } ?? [])
    }
}
