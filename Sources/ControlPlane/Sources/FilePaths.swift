import Linux

/// Rules for paths of manifests: how they are put together and which entries of a folder count.
enum FilePaths {
    /// Stands for standard input.
    static let standardInput = "-"

    /// `folder/name`; entries of the current folder keep their bare names.
    static func join(_ folder: String, _ name: String) -> String {
        if folder == "." || folder.isEmpty { return name }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// The folder and the name of a path.
    static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return (folder, String(path[path.index(after: slash)...]))
    }

    /// Without slashes at the end.
    static func trimmed(_ path: String) -> String {
        var path = Substring(path)
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }

    /// Whether a file of this name within a given folder is read. Hidden ones are not: editors, version
    /// control and mounted ConfigMaps (`..data`) keep their own things there.
    static func isManifest(_ name: String) -> Bool {
        !isHidden(name) && (name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json"))
    }

    static func isHidden(_ name: String) -> Bool { name.hasPrefix(".") }

    /// The symbolic links that are passed on the way along `path`, and at the end, when there were any,
    /// the path without links: whenever one of these changes, `path` may lead elsewhere.
    static func linksPassed(by path: String) -> [String] {
        var passed: [String] = []
        var current = path.hasPrefix("/") ? "/" : "."
        var remaining = path.split(separator: "/").map(String.init)[...]
        // As many hops as Linux itself follows.
        while let component = remaining.popFirst(), passed.count < 40 {
            let next = join(current, component)
            if component != "..", let target = Files.linkTarget(of: next) {
                passed.append(next)
                if target.hasPrefix("/") { current = "/" }
                remaining = (target.split(separator: "/").map(String.init) + remaining)[...]
            } else {
                current = next
            }
        }
        return passed.isEmpty ? [] : passed + [current]
    }
}
