import Glibc

/// What a test must know of the sanitizer that it runs under (`make sanitize`).
public enum Sanitizer {
    /// Whether the process's memory says nothing about what is in use: the address sanitizer keeps what is freed, to see
    /// whether anybody touches it, and the thread sanitizer keeps a history of all accesses beside the memory.
    public static let hidesMemoryInUse = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
