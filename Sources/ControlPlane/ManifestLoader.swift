public import Kubernetes
import Linux

/// Reads manifest files and decodes them, spread over the cores.
public struct ManifestLoader: Sendable {
    private let decoder = ManifestDecoder()

    /// Files that one task reads.
    private static let filesPerTask = 128

    public init() {}

    /// New versions of the files at `paths`, to be put into `known`, whose documents are reused where they
    /// haven't changed.
    ///
    /// Standard input and pipes are read the first time they are asked for, and never again.
    public func load(_ paths: Set<String>, known: ManifestSet) async -> [ManifestFile] {
        let sorted = paths.sorted()
        var files: [ManifestFile] = []
        if sorted.count <= 4 {
            for path in sorted {
                guard let contents = contents(of: path, known: known) else { continue }
                files.append(await decode(contents, path: path, known: known))
            }
            return files
        }
        return await withTaskGroup(of: [ManifestFile].self) { group in
            for start in stride(from: 0, to: sorted.count, by: Self.filesPerTask) {
                let part = sorted[start..<min(start + Self.filesPerTask, sorted.count)]
                group.addTask { part.compactMap { self.file(at: $0, known: known) } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Everything that `paths` (files, folders, `-`) give now, read once.
    public static func manifests(in paths: [String]) async -> ManifestSet {
        var set = ManifestSet()
        for file in await ManifestLoader().load(FileSource.files(in: paths), known: set) { set.put(file) }
        return set
    }

    private enum Contents {
        case bytes([UInt8])
        case fault(String)
    }

    /// Nil when the file must stay as it is.
    private func contents(of path: String, known: ManifestSet) -> Contents? {
        do throws(Errno) {
            // One byte more than is allowed shows that there is more than is allowed.
            let limit = ManifestLimits.fileBytes + 1
            if path == FilePaths.standardInput {
                return known.knows(path) ? nil : .bytes(try Files.standardInput(limitBytes: limit))
            }
            switch try Files.status(of: path).kind {
            case .folder: return .fault("this is a folder now")
            case .other where known.knows(path): return nil
            case .regular, .link, .other: return .bytes(try Files.contents(of: path, limitBytes: limit))
            }
        } catch {
            return .fault("can't be read: \(error)")
        }
    }

    private func decode(_ contents: Contents, path: String, known: ManifestSet) async -> ManifestFile {
        switch contents {
        case .fault(let fault): .unreadable(path, fault: fault)
        case .bytes(let bytes):
            await decoder.decodeInParallel(bytes, path: path, reusing: known.file(at: path))
        }
    }

    private func file(at path: String, known: ManifestSet) -> ManifestFile? {
        switch contents(of: path, known: known) {
        case nil: nil
        case .fault(let fault): .unreadable(path, fault: fault)
        case .bytes(let bytes): decoder.decode(bytes, path: path, reusing: known.file(at: path))
        }
    }
}
