/// The line of a field, counted from the first line of its document (0 is the document's first line).
///
/// Lines are relative so that an edit at the top of a large file leaves the decoded objects further
/// down as they are; `Source.line(_:)` gives the line in the file. Two lines always compare equal:
/// equality of Kubernetes objects is about what they say, not about where it is written.
public struct SourceLine: Sendable, Equatable {
    public var offset: UInt32

    public init(_ offset: Int = 0) { self.offset = UInt32(clamping: offset) }

    public static func == (a: Self, b: Self) -> Bool { true }
}

/// Where an object was read: a file and the first line of its document.
///
/// Like `SourceLine`, it does not take part in equality: all sources compare equal.
public struct Source: Sendable, Equatable {
    /// The path as the user gave it or as it was found below a given directory; `-` for standard input.
    public var file: String
    /// The line, counted from 1, of the document's first line.
    public var firstLine: Int

    public init(file: String = "", firstLine: Int = 1) {
        self.file = file
        self.firstLine = firstLine
    }

    /// The line in the file, counted from 1.
    public func line(_ line: SourceLine) -> Int { firstLine + Int(line.offset) }

    public static func == (a: Self, b: Self) -> Bool { true }
}
