/// The command line of a tool: `--name value` pairs.
public struct Options {
    private var values: [String: String] = [:]

    public init(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard name.hasPrefix("--"), let value = iterator.next() else { fail("expected --name value, got \(name)") }
            values[String(name.dropFirst(2))] = value
        }
    }

    public func string(_ name: String) -> String? { values[name] }

    public func number<Number: LosslessStringConvertible>(_ name: String, default fallback: Number? = nil) -> Number {
        guard let text = values[name] else {
            guard let fallback else { fail("missing --\(name)") }
            return fallback
        }
        guard let number = Number(text) else { fail("--\(name): not a number: \(text)") }
        return number
    }
}
