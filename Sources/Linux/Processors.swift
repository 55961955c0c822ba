import CLinux
import Glibc

/// How much of the machine this process may use.
public enum Processors {
    /// Cores for `--workers auto`: those of the affinity mask, no more than the control group's quota allows.
    public static func usable() -> Int {
        min(allowedByAffinity(), allowedByQuota(readCgroupQuota()) ?? .max)
    }

    /// The hardest limit on open descriptors; raises the soft limit to it.
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(min(limit.rlim_cur, UInt(1) << 30))
    }

    /// Makes the process leave no core dump, which would hold private keys.
    public static func disableCoreDumps() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    private static func allowedByAffinity() -> Int {
        var set = cpu_set_t()
        guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return 1 }
        let count = withUnsafeBytes(of: &set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
        return max(count, 1)
    }

    /// The content of the control group's `cpu.max` (version 2), such as `150000 100000` or `max 100000`.
    static func allowedByQuota(_ text: String?) -> Int? {
        guard let words = text?.split(whereSeparator: \.isWhitespace), words.count == 2,
            let quota = Int(words[0]), let period = Int(words[1]), period > 0
        else { return nil }
        return max((quota + period - 1) / period, 1)
    }

    private static func readCgroupQuota() -> String? {
        guard let file = fopen("/sys/fs/cgroup/cpu.max", "r") else { return nil }
        defer { fclose(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { line in
            fgets(line.baseAddress!, 64, file) == nil ? nil : String(cString: line.baseAddress!)
        }
    }
}
