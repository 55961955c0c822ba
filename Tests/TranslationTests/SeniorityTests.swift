import Kubernetes
import Testing
import Translation

@Suite struct `Claims of objects` {
    func seniority(_ namespace: String, _ name: String, _ seconds: Int64? = nil) -> Seniority {
        Seniority(
            Metadata(name: name, namespace: namespace, creationTimestamp: seconds.map { Timestamp(seconds: $0) }))
    }

    @Test func `goes to the older`() {
        #expect(seniority("a", "a", 1) < seniority("b", "b", 2))
        #expect(seniority("a", "a") < seniority("b", "b", -5))
    }

    @Test func `of the same age goes to the greater name`() {
        #expect(seniority("shop", "web") < seniority("shop", "api"))
        #expect(seniority("shop", "a") < seniority("blog", "z"))
    }

    @Test func `compares namespace and name as one text`() {
        #expect(seniority("a", "x", 1) < seniority("a-b", "x", 1))
        #expect(seniority("a0", "x", 1) < seniority("a", "x", 1))
        #expect(!(seniority("a", "x") < seniority("a", "x")))
    }
}
