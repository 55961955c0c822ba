import Foundation
import Testing

/// `Docs/command-line.md` shows what commands print about the manifest at its end.
@Suite struct `The page about the command line` {
    /// A fenced block of the page.
    struct Block: Sendable {
        var language: String
        var text: String
    }

    private static let blocks: [Block] = {
        let page = Products.repository.appending(path: "Docs/command-line.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        // Every other piece between fences is a block.
        return text.split(separator: "```", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .map { _, block in
                let language = block.prefix { $0 != "\n" }
                return Block(language: String(language), text: String(block.dropFirst(language.count + 1)))
            }
    }()

    static let commands = blocks.map(\.text).filter { $0.hasPrefix("$ gatehouse ") }

    @Test(arguments: commands)
    func `shows what a command prints`(block: String) throws {
        let manifest = try #require(Self.blocks.first { $0.language == "yaml" }?.text)
        let folder = try ManifestFolder(["shop.yaml": manifest])
        let command = block.dropFirst("$ gatehouse ".count).prefix { $0 != "\n" }
        let shown = block.drop { $0 != "\n" }.dropFirst()
        let result = try Command.run(
            "sh", ["-c", "cd '\(folder.path)' && '\(Products.gatehouse)' \(command) 2>&1"])
        #expect(result.output == shown)
    }

    @Test func `shows each of the commands that read manifests and end`() {
        for name in ["check", "explain", "routes"] {
            #expect(Self.commands.contains { $0.hasPrefix("$ gatehouse \(name) ") })
        }
    }
}
