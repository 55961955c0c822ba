/// `1 host`, `2 hosts`: a number with its noun, for people.
public func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
