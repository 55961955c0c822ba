import Model
import Testing

@Suite struct `Secrets in URLs` {
    @Test(arguments: [
        ("https://ann:pass@login.example/start", "https://…@login.example/start"), ("a@b", "a@b"),
        ("https://login.example/start?mail=ann@shop.example", "https://login.example/start?mail=ann@shop.example"),
        ("see http://a@b and https://c:d@e@f/g", "see http://…@b and https://…@f/g"), ("", ""),
        ("http://x", "http://x"),
        ("http:///ann@x", "http:///ann@x"), (":::///@", ":::///@"),
    ])
    func `are not shown`(text: String, shown: String) { #expect(text.withoutURLSecrets == shown) }
}
