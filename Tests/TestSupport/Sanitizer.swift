import Glibc

/// What a test must know of the sanitizer that it runs under (`make sanitize`).
public enum Sanitizer {
    /// Whether what is freed stays with the process for long, so that its memory says nothing about what is in use: the
    /// address sanitizer keeps freed memory to see whether anybody touches it.
    public static let keepsFreedMemory = dlsym(nil, "__asan_init") != nil
}
