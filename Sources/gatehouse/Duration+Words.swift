extension Duration {
    /// For people: `30 s`, or `1500 ms` where there is a part of a second.
    var words: String {
        let (seconds, attoseconds) = components
        if attoseconds == 0 { return "\(seconds) s" }
        return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}
