public import ArgumentParser
import Linux
public import Logging

/// `N` or `auto`: how many workers run.
enum WorkerCount: ExpressibleByArgument, Equatable {
    case automatic
    case exactly(Int)

    init?(argument: String) {
        if argument == "auto" {
            self = .automatic
        } else if let count = Int(argument), (1...256).contains(count) {
            self = .exactly(count)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { "auto" }

    /// The number that was given, else the one that is configured (`worker-processes`), else one per usable core,
    /// honouring affinity masks and cgroup limits.
    func count(configured: Int?) -> Int {
        switch self {
        case .automatic: configured ?? Processors.usable()
        case .exactly(let count): count
        }
    }
}

/// A time span such as `500ms`, `30s`, `2m` or `1h`; a bare number is seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
    var duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= 1_000_000_000 else { return nil }
        switch argument.dropFirst(digits.count) {
        case "ms": duration = .milliseconds(number)
        case "", "s": duration = .seconds(number)
        case "m": duration = .seconds(number * 60)
        case "h": duration = .seconds(number * 3600)
        default: return nil
        }
    }

    var defaultValueDescription: String { "\(duration.components.seconds)s" }
}

/// A literal IP address.
struct Address: ExpressibleByArgument, Equatable {
    var address: IPAddress

    init(_ address: IPAddress) { self.address = address }

    init?(argument: String) {
        guard let address = IPAddress(argument) else { return nil }
        self.address = address
    }

    var defaultValueDescription: String { "\(address)" }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
