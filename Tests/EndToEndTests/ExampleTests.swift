import Foundation
import TestSupport
import Testing

/// The examples, served as their READMEs say.
@Suite struct `Every example` {
    static let names: [String] = {
        let entries = try? FileManager.default.contentsOfDirectory(
            at: Products.examples, includingPropertiesForKeys: [.isDirectoryKey])
        return (entries ?? []).filter(\.hasDirectoryPath).map(\.lastPathComponent).sorted()
    }()

    @Test func `is listed among the examples`() throws {
        let readme = try String(contentsOf: Products.examples.appending(path: "README.md"), encoding: .utf8)
        #expect(!Self.names.isEmpty)
        for name in Self.names { #expect(readme.contains("[\(name)](\(name))")) }
    }

    @Test(arguments: Self.names)
    func `gets what its expect file says`(name: String) throws {
        let folder = Products.examples.appending(path: name)
        let script = try ExpectScript(String(contentsOf: folder.appending(path: "expect.txt"), encoding: .utf8))
        let readme = try ExampleReadme(folder.appending(path: "README.md"))
        let preparations = try ExamplePreparations(readme.preparations)
        let servers = try ExampleServers(readme.servers, preparations)
        let gatehouse = try Gatehouse(preparations.settled(servers.settled(#require(readme.serve))))
        #expect(!script.steps.isEmpty)
        for step in script.steps {
            let place: Comment = "\(name)/expect.txt:\(step.line)"
            let response = try step.response(from: gatehouse)
            #expect(response.status == step.status, place)
            for field in step.expectedFields { #expect(response.values(field.name) == [field.value], place) }
            for part in step.expectedParts { #expect(response.text.contains(part), place) }
        }
        #expect(try gatehouse.terminate() == .exited(0))
    }

    @Test(arguments: Self.names)
    func `does what the commands of its README promise`(name: String) throws {
        let readme = try ExampleReadme(Products.examples.appending(path: "\(name)/README.md"))
        let serve = try #require(readme.serve)
        let preparations = try ExamplePreparations(readme.preparations)
        let servers = try ExampleServers(readme.servers, preparations)
        let gatehouse = try Gatehouse(preparations.settled(servers.settled(serve)))
        for command in readme.curls {
            let shell = preparations.settled(command.text)
                .replacing("http://localhost:8080", with: "http://127.0.0.1:\(gatehouse.port)")
                .replacing("localhost:8443", with: "127.0.0.1:\(gatehouse.securePort)")
                .replacing("curl -H", with: "curl -s -H").replacing("curl -i", with: "curl -s -i")
                .replacing("curl --", with: "curl -s --").replacing("curl -k", with: "curl -s -k")
            let result = try Command.run("sh", ["-c", shell])
            #expect(result.status == 0, "\(command.text)")
            let output = result.output.replacing("\r\n", with: "\n").replacing("HTTP/2 ", with: "HTTP/1.1 ")
            for part in command.promises {
                #expect(output.contains(part.replacing("localhost:8080", with: "127.0.0.1")), "\(command.text)")
            }
        }
        for client in readme.clients {
            let address = "localhost:8080"
            let words = client.text.split(separator: " ").map {
                $0 == address ? "127.0.0.1:\(gatehouse.port)" : "\($0)"
            }
            let result = try Command.run(Python.path, words)
            #expect(result.status == 0, "\(client.text): \(result.errors)")
            for part in client.promises { #expect(result.output.contains(part), "\(client.text)") }
        }
        for arguments in readme.others {
            #expect(try Command.run(Products.gatehouse, arguments).status == 0, "\(arguments)")
        }
    }
}

/// The commands of an example's README.
struct ExampleReadme {
    struct Curl {
        var text: String
        /// What the output contains, by the comment behind the command.
        var promises: [String]
    }

    /// A program that runs beside Gatehouse.
    struct Server {
        var script: String
        var port: String
        /// What follows the port.
        var arguments: [String]
    }

    /// A script that makes something in a folder before Gatehouse starts.
    struct Preparation {
        var script: String
        var folder: String
    }

    private(set) var servers: [Server] = []
    private(set) var preparations: [Preparation] = []
    /// The arguments of `gatehouse serve`.
    private(set) var serve: [String]?
    private(set) var curls: [Curl] = []
    /// Programs of the example that ask Gatehouse: `python3 Examples/NAME/client.py localhost:8080 …`.
    private(set) var clients: [Curl] = []
    /// The arguments of other calls.
    private(set) var others: [[String]] = []

    init(_ file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        for line in text.components(separatedBy: "\n") where line.hasPrefix("    ") {
            let command = line.dropFirst(4)
            if command.hasPrefix("python3 "), command.contains("/client.py "), let comment = command.range(of: "  #") {
                let words = Self.words(command[..<comment.lowerBound].dropFirst(8))
                let promise = command[comment.upperBound...].trimmingCharacters(in: .whitespaces)
                clients.append(Curl(text: words.joined(separator: " "), promises: Self.lines(promise)))
            } else if command.hasPrefix("python3 ") {
                let words = Self.words(command.dropFirst(8))
                guard words.count >= 2 else { continue }
                servers.append(Server(script: words[0], port: words[1], arguments: Array(words[2...])))
            } else if command.hasPrefix("Examples/") {
                let words = Self.words(command)
                if words.count == 2 { preparations.append(Preparation(script: words[0], folder: words[1])) }
            } else if command.hasPrefix("gatehouse serve ") {
                serve = Self.words(command.dropFirst(16))
            } else if command.hasPrefix("gatehouse ") {
                others.append(Self.words(command.dropFirst(10)))
            } else if command.hasPrefix("curl "), let comment = command.range(of: "   #") ?? command.range(of: "  #") {
                let promise = command[comment.upperBound...].trimmingCharacters(in: .whitespaces)
                curls.append(Curl(text: String(command[..<comment.lowerBound]), promises: Self.promises(promise)))
            }
        }
    }

    /// What a program prints, a part for each line: `status: OK, echo: hello`.
    private static func lines(_ promise: String) -> [String] {
        promise.split(separator: /, (?=[a-z]+: )/).map(String.init)
    }

    /// Paths are those of the repository's root.
    private static func words(_ text: Substring) -> [String] {
        text.split(separator: " ").map {
            $0.hasPrefix("Examples/") ? Products.repository.appending(path: $0).path(percentEncoded: false) : String($0)
        }
    }

    /// `301 to URL`, `404: why`, `service: why`, `Name: value`, `METHOD target`; several with commas.
    private static func promises(_ comment: String) -> [String] {
        comment.components(separatedBy: ", ").flatMap { part -> [String] in
            if let match = part.wholeMatch(of: /([0-9]{3}) to (.+)/) {
                return ["HTTP/1.1 \(match.1) ", "Location: \(match.2)\n"]
            }
            if let match = part.prefixMatch(of: /([0-9]{3})(?:$|:)/) { return ["HTTP/1.1 \(match.1) "] }
            if let match = part.prefixMatch(of: /[A-Z]+ \/[^ ]*$/) { return ["  \(match.0) HTTP/1.1\n"] }
            if let match = part.prefixMatch(of: /([a-z]+)(?:$|: )/) { return ["  Service   \(match.1):http\n"] }
            return [part]
        }
    }
}
