import Model
import Testing

@Suite struct `A diagnostic` {
    let origin = Origin(file: "shop.yaml", line: 14, kind: "Ingress", namespace: "shop", name: "web")

    @Test func `names place, object, field, fault and remedy`() {
        let diagnostic = Diagnostic(
            .rejected, origin, field: "spec.rules[0].host", "is an IP address", remedy: "use a DNS name")
        #expect(
            diagnostic.description
                == "shop.yaml:14: Ingress shop/web: spec.rules[0].host: is an IP address; use a DNS name")
    }

    @Test func `leaves out what it does not have`() {
        let diagnostic = Diagnostic(.note, origin, field: "", "is not served")
        #expect(diagnostic.description == "shop.yaml:14: Ingress shop/web: is not served")
    }

    @Test func `of a whole file has no object`() {
        let file = Origin(file: "shop.yaml", line: nil, kind: "", namespace: "", name: "")
        #expect(Diagnostic(.rejected, file, field: "", "can't be read").description == "shop.yaml: can't be read")
        let unnamed = Origin(file: "shop.yaml", line: 3, kind: "Ingress", namespace: "", name: "web")
        #expect(unnamed.description == "shop.yaml:3: Ingress web")
    }
}
