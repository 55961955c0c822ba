extension AddressRules {
    /// `deny 192.0.2.0/24`, `allow 10.0.0.0/8, 2001:db8::/32`
    var lines: [String] {
        [("deny", denied), ("allow", allowed)].compactMap { word, list in
            list.isEmpty ? nil : "\(word) \(list.joined(separator: ", "))"
        }
    }
}
