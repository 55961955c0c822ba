/// What must be true of a file's metadata before libmaxminddb, which recurses through it, may look at it.
enum GeoMetadata {
    /// What stands before the metadata.
    private static let marker: [UInt8] = [0xAB, 0xCD, 0xEF] + Array("MaxMind.com".utf8)
    /// How far from the end of the file it begins at most.
    static let limitBytes = 128 << 10
    /// Values of metadata; real ones have some dozen.
    private static let stepLimit = 4096

    /// Whether the end of a file holds metadata that is no deeper and no longer than it should be.
    static func isUsable(_ end: Span<UInt8>) -> Bool {
        guard let start = start(in: end) else { return false }
        var steps = stepLimit
        return GeoReader.end(ofValueAt: 0, in: end.extracting(start..<end.count), &steps) != nil
    }

    /// Behind the last marker.
    private static func start(in end: Span<UInt8>) -> Int? {
        var place = end.count - marker.count
        while place >= 0 {
            if isMarker(end, at: place) { return place + marker.count }
            place -= 1
        }
        return nil
    }

    private static func isMarker(_ bytes: Span<UInt8>, at place: Int) -> Bool {
        for index in marker.indices where bytes[place + index] != marker[index] { return false }
        return true
    }
}
