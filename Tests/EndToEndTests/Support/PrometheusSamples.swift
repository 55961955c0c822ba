import TestSupport

/// The Prometheus text format (version 0.0.4), read strictly: a line that breaks its rules is an error.
struct PrometheusSamples {
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var samples: [Sample] = []
    /// The type of each family.
    private(set) var types: [String: String] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw WireFault.malformed("no line end at the end of the metrics") }
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                guard words.count == 4, types[String(words[2])] == nil else { throw Self.fault(line) }
                types[String(words[2])] = String(words[3])
            } else {
                samples.append(try Self.sample(line))
            }
        }
        for sample in samples where type(of: sample) == nil {
            throw WireFault.malformed("\(sample.name) has no type")
        }
        let keys = samples.map { "\($0.name) \($0.labels.sorted { $0.key < $1.key })" }
        guard Set(keys).count == keys.count else { throw WireFault.malformed("a sample comes twice") }
    }

    /// The values of a family's samples that bear these labels, added up.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }.reduce(0) { $0 + $1.value }
    }

    /// What a family's samples have under a label, each value once.
    func values(of label: String, in name: String) -> Set<String> {
        Set(samples.filter { $0.name == name }.compactMap { $0.labels[label] })
    }

    private func type(of sample: Sample) -> String? {
        if let type = types[sample.name] { return type }
        for suffix in ["_bucket", "_sum", "_count"] where sample.name.hasSuffix(suffix) {
            if let type = types[String(sample.name.dropLast(suffix.count))], type == "histogram" { return type }
        }
        return nil
    }

    private static func sample(_ line: Substring) throws -> Sample {
        guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)/),
            let value = match.3 == "+Inf" ? .infinity : Double(match.3)
        else { throw fault(line) }
        var labels: [String: String] = [:]
        var rest = match.2 ?? ""
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/),
                labels.updateValue(String(label.2), forKey: String(label.1)) == nil
            else { throw fault(line) }
            rest = rest[label.range.upperBound...]
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    private static func fault(_ line: Substring) -> WireFault { .malformed("no Prometheus text: \(line)") }
}
