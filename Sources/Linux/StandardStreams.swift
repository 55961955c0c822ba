import Glibc

/// Standard input, output and error.
public enum StandardStreams {
    /// Opens `/dev/null` where the process was started without one of them. Otherwise the next descriptor that is
    /// opened would take its number, and what is meant for standard error would go to a client. Call it first of all.
    public static func fill() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is this one, since those below are taken.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
