import Foundation

/// What this process has open.
public enum OpenDescriptors {
    /// How many descriptors, of whatever kind.
    public static var count: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
}
