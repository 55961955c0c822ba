import CLinux
import Glibc

/// What the process uses of the machine, as the kernel counts it.
public struct ProcessUsage: Sendable {
    /// Processor time in user and kernel mode, in seconds.
    public var cpuSeconds: Double
    public var residentBytes: UInt64
    public var virtualBytes: UInt64
    public var openDescriptors: UInt64
    /// Most descriptors that may be open.
    public var descriptorLimit: UInt64
    /// When the process started, in seconds since 1970; 0 when the kernel does not say.
    public var startTime: UInt64

    /// Reads `/proc/self`. What cannot be read is 0.
    public static func current() -> ProcessUsage {
        let pages = numbers(in: "/proc/self/statm")
        let pageSize = UInt64(max(sysconf(CInt(_SC_PAGESIZE)), 1))
        return ProcessUsage(
            cpuSeconds: processorTime(),
            residentBytes: (pages.count > 1 ? pages[1] : 0) * pageSize,
            virtualBytes: (pages.first ?? 0) * pageSize,
            openDescriptors: countDescriptors(),
            descriptorLimit: limit(),
            startTime: startedAt)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func limit() -> UInt64 {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? UInt64(limit.rlim_cur) : 0
    }

    private static func countDescriptors() -> UInt64 {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var entries: UInt64 = 0
        while readdir(folder) != nil { entries += 1 }
        // Without `.`, `..` and the descriptor that reads the folder.
        return entries > 3 ? entries - 3 : 0
    }

    /// Field 22 of `/proc/self/stat`, in ticks since boot, on top of the boot time (proc(5)).
    private static let startedAt: UInt64 = {
        let fields = text(of: "/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, let ticks = UInt64(fields[19]) else { return 0 }
        let boot = text(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let start = boot.flatMap({ UInt64($0.dropFirst(6)) }) else { return 0 }
        return start + ticks / UInt64(max(sysconf(CInt(_SC_CLK_TCK)), 1))
    }()

    private static func numbers(in path: String) -> [UInt64] {
        text(of: path).split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
    }

    private static func text(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { space in
            while case let count = fread(space.baseAddress!, 1, space.count, file), count > 0 {
                bytes.append(contentsOf: space.prefix(count))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
