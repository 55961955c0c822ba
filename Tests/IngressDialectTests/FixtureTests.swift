import Testing

@Suite struct `Ingress fixtures` {
    @Test func `are many`() {
        #expect(Fixture.all.count >= 40)
    }

    @Test(arguments: Fixture.all)
    func `give the expected model and diagnostics`(fixture: Fixture) throws {
        let result = try fixture.result()
        if Fixture.rewrites { try fixture.rewrite(result) }
        #expect(try result == fixture.expected())
    }
}
