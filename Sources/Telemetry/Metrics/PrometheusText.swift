/// Writes the Prometheus text format, version 0.0.4.
struct PrometheusText {
    enum Kind: String { case counter, gauge, histogram }

    /// Media type of the text.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    /// The head of a family; its samples follow, and no other family's between them.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// One sample.
    ///
    /// - Parameters:
    ///   - labels: as `PrometheusText.labels` renders them.
    ///   - more: a further label at the end, whose value needs no escaping.
    mutating func sample(
        _ name: String, _ labels: [UInt8], plus more: (name: String, value: String)? = nil, _ value: UInt64
    ) {
        head(name, labels, more)
        append(String(value))
        bytes.append(0x0A)
    }

    mutating func sample(
        _ name: String, _ labels: [UInt8], plus more: (name: String, value: String)? = nil, _ value: Double
    ) {
        head(name, labels, more)
        append(String(value))
        bytes.append(0x0A)
    }

    /// The samples of a histogram.
    mutating func histogram(_ name: String, _ labels: [UInt8], _ total: HistogramTotal) {
        var count: UInt64 = 0
        for index in 0..<DurationBuckets.count {
            count += total.buckets[index]
            sample(name + "_bucket", labels, plus: ("le", DurationBuckets.labels[index]), count)
        }
        sample(name + "_sum", labels, Double(total.nanoseconds) / 1e9)
        sample(name + "_count", labels, count)
    }

    /// The samples of a histogram of which only the sum and the count are kept.
    mutating func sum(_ name: String, _ labels: [UInt8], sum: UInt64, count: UInt64) {
        sample(name + "_bucket", labels, plus: ("le", "+Inf"), count)
        sample(name + "_sum", labels, sum)
        sample(name + "_count", labels, count)
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Labels as they stand between the braces, escaped.
    static func labels(_ pairs: [(name: String, value: String)]) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in pairs {
            if !text.isEmpty { text.append(0x2C) }
            text.append(contentsOf: name.utf8)
            text.append(contentsOf: [0x3D, 0x22])
            for byte in value.utf8 {
                switch byte {
                case 0x5C: text.append(contentsOf: [0x5C, 0x5C])
                case 0x22: text.append(contentsOf: [0x5C, 0x22])
                case 0x0A: text.append(contentsOf: [0x5C, 0x6E])
                default: text.append(byte)
                }
            }
            text.append(0x22)
        }
        return text
    }

    private mutating func head(_ name: String, _ labels: [UInt8], _ more: (name: String, value: String)?) {
        append(name)
        if !labels.isEmpty || more != nil {
            bytes.append(0x7B)
            bytes.append(contentsOf: labels)
            if let more { append("\(labels.isEmpty ? "" : ",")\(more.name)=\"\(more.value)\"") }
            bytes.append(0x7D)
        }
        bytes.append(0x20)
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
