import ArgumentParser

/// Which manifests to read.
struct ManifestOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("manifests")],
        help: ArgumentHelp(
            "Manifests to read: a file, a folder (read recursively for *.yaml, *.yml and *.json), or - for standard "
                + "input. May be given several times.",
            valueName: "path"))
    var paths: [String] = []
}
