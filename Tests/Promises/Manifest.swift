import Kubernetes

/// A manifest gives objects or diagnostics with lines that exist, whatever its text; the same bytes serve as YAML and as
/// JSON. What it gives can be translated, and the model that comes of it can be published and served.
func brokenManifest(_ bytes: [UInt8]) -> String? {
    // YAML's line breaks, or at least the last byte of each: LF, CR, NEL, LS and PS.
    let lines = bytes.reduce(1) { [0x0a, 0x0d, 0x85, 0xa8, 0xa9].contains($1) ? $0 + 1 : $0 }
    for path in ["fuzz.yaml", "fuzz.json"] {
        let file = ManifestDecoder().decode(bytes, path: path)
        for diagnostic in file.diagnostics where diagnostic.line < 0 || diagnostic.line > lines + 1 {
            return "\(path): line \(diagnostic.line) of \(lines): \(diagnostic)"
        }
        if let broken = brokenTranslation(of: Array(file.objects)) { return "\(path): \(broken)" }
    }
    return nil
}
